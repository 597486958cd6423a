/** What a forced overflow showed, beside what the agent did under the run's usual load. */
import * as z from "zod";
import { EventRange, Overload } from "./agent.ts";
import { Unmeasured } from "./failure.ts";
import { Outside } from "./plan.ts";
import { Contradiction } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, Share } from "./units.ts";

export const OverloadBehaviour = z.enum(["keeps-up", "drops", "blocks", "blocks-and-drops"]);
export type OverloadBehaviour = From<typeof OverloadBehaviour>;

export const BackpressureNote = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("partly-blind"), text: z.string() })
    .describe("What is missing may be what it does not see by design."),
  z.strictObject({ kind: z.literal("undrained") }),
]);
export type BackpressureNote = From<typeof BackpressureNote>;

export const ForcedOverflow = z.strictObject({
  behaviour: OverloadBehaviour,
  operations: Count,
  delivered: Count,
  declaredLost: EventRange.nullable().describe("Null when the agent has no counter that could be read."),
  silentLost: EventRange.nullable().describe(
    "Missing and not admitted. Null where it cannot be told: without a counter, or where the agent does not see every event by design.",
  ),
  stoppedMs: z.number().min(0).describe("How long its events went unread, milliseconds."),
  longestStallMs: z.number().min(0).describe("The longest operation, milliseconds."),
  stalledShare: Share.describe("Share of the window, 0 to 1, spent in operations that had to wait."),
  continued: z
    .enum(["window-over", "no-progress", "time-limit"])
    .describe("Why its readers were continued, as in the record."),
  grownBytes: z
    .number()
    .min(0)
    .nullable()
    .describe(
      "By how much its memory had grown when what stood still was put right; null where it was not asked, or could not be read.",
    ),
});
export type ForcedOverflow = From<typeof ForcedOverflow>;

const ofTheTime = "Share of the operations' time, 0 to 1, in operations that had to wait";

export const BehaviourUnderLoad = z.strictObject({
  behaviour: OverloadBehaviour,
  stalledShare: Share.describe(`${ofTheTime}, with the agent.`),
  baselineStalledShare: Share.nullable().describe(`${ofTheTime}, without any agent.`),
  lostShare: Share.nullable().describe(
    "Missing events, of all operations; null where they were not counted.",
  ),
});
export type BehaviourUnderLoad = From<typeof BehaviourUnderLoad>;

export const BackpressureRow = z.strictObject({
  agent: z.string(),
  scenario: z.string(),
  outside: Outside.nullable().describe("What stood still outside of it; null: its own readers."),
  forced: ForcedOverflow.nullable().describe("Null where it could not be forced."),
  notForced: Unmeasured.nullable().describe("Why it could not be forced; null where it was."),
  underLoad: BehaviourUnderLoad.nullable().describe(
    "In the run's own trials of the same scenario; null where none was measured.",
  ),
  promised: Overload.nullable().describe(
    "What the agent's data sheet says; null where the record does not tell.",
  ),
  contradiction: Contradiction.nullable().describe("Where what was seen contradicts the data sheet."),
  notes: z.array(BackpressureNote),
});
export type BackpressureRow = From<typeof BackpressureRow>;
