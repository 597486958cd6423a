/** What the program of `tare coverage` prints (scenarios/coverage/main.c): a JSON object a line. */
import * as z from "zod";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const DoneOperation = z.strictObject({
  technique: z.string(),
  pid: Count.describe("The process that did it, as the node numbers it."),
  marks: z
    .array(z.string().min(1))
    .min(1)
    .describe("Texts that no other operation has: its token, its address."),
  objects: z
    .array(z.array(z.string().min(1)).min(1))
    .describe("Alternatives of what a right report names; none: the process is enough."),
});
export type DoneOperation = From<typeof DoneOperation>;

export const TechniqueLine = z.union([
  DoneOperation,
  z.strictObject({
    technique: z.string(),
    skipped: z.string().describe("Its first operation failed: it cannot be done on this node."),
  }),
  z.strictObject({ technique: z.string(), failed: z.string().describe("A later operation failed.") }),
  z.strictObject({ coverage: z.literal("done") }),
]);
export type TechniqueLine = From<typeof TechniqueLine>;
