/** A kernel that nobody has set to anything. */
import { value } from "../../src/domain/units.ts";
import type { KernelState } from "../../src/observe/kernel-state.ts";

export const UNSET_KERNEL: KernelState = {
  sysctls: {},
  ftrace: [],
  modules: [],
  packets: value({ interfaces: [], attached: [] }),
};
