/** What traces the node before a run: somebody's sensor refuses it, the system's own programs do not. */
import { expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import type { BpfProgram, NodeState } from "../../src/observe/node-state.ts";
import { refuseForeignSensors } from "../../src/session/preflight.ts";
import { UNSET_KERNEL } from "../support/kernel-state.ts";

const stateOf = (...programs: readonly BpfProgram[]): NodeState => ({
  bpf: value(programs),
  audit: missing("auditctl is not installed"),
  preload: "",
  mounts: [],
  mountOptions: {},
  left: [],
  kernel: UNSET_KERNEL,
});
const SYSTEMS: BpfProgram = { id: 31, type: "lsm", name: "restrict_filesystems", own: "baseline" };
const KERNELS: BpfProgram = { id: 4, type: "tracing", name: "dump_bpf_map", own: "idle" };
const SENSORS: BpfProgram = { id: 7, type: "kprobe", name: "probe_exec" };

test("a stock node's own programs stop no run", () => {
  expect(refuseForeignSensors(stateOf(SYSTEMS, KERNELS), false)).toEqual([]);
});

test("a sensor stops it, and is named alone", () => {
  expect(() => refuseForeignSensors(stateOf(SYSTEMS, SENSORS), false)).toThrow(
    /already.*\n {2}BPF program 7/,
  );
  expect(refuseForeignSensors(stateOf(SYSTEMS, SENSORS), true)).toEqual([
    "BPF program 7 (kprobe, probe_exec)",
  ]);
});
