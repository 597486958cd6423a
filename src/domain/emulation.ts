/** Whether the CPU is simulated in software, which makes every figure of time meaningless for a real node. */
import * as z from "zod";
import type { From } from "./schema.ts";

export const Emulation = z.object({
  kind: z
    .enum(["emulated", "hardware", "unknown"])
    .describe(
      "hardware: bare metal, or a virtual machine whose instructions a real CPU executes; unknown is not hardware",
    ),
  evidence: z
    .array(z.string())
    .describe('What was seen, worded for people: "the CPU names its hypervisor TCGTCGTCGTCG".'),
});
export type Emulation = From<typeof Emulation>;

export const EMULATED = "emulated: functional, no performance verdict";
