/** Whether the CPU is simulated in software, which makes every figure of time meaningless for a real node. */

export interface Emulation {
  /** `hardware`: bare metal, or a virtual machine whose instructions a real CPU executes. `unknown` is not `hardware`. */
  readonly kind: "emulated" | "hardware" | "unknown";
  /** What was seen, worded for people: "the CPU names its hypervisor TCGTCGTCGTCG". */
  readonly evidence: readonly string[];
}

/** Stands beside every figure of an emulated node, in every output. */
export const EMULATED = "emulated: functional, no performance verdict";
