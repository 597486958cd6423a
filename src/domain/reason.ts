/**
 * Why the analysis says what it says, as closed unions that carry figures. They are worded in `src/report/words/` and nowhere else.
 *
 * `text` fields are words of the record (an agent's message, a data sheet's reason) that are quoted and never read.
 */
import * as z from "zod";
import { Overload } from "./agent.ts";
import { Comparable } from "./condition.ts";
import { Unmeasured } from "./failure.ts";
import type { From } from "./schema.ts";
import { Count, MetricId, Share } from "./units.ts";

const orNull = (type: "number" | "null") => ({ properties: { low: { type }, high: { type } } });

export const Interval = z
  .strictObject({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() })
  .meta({
    id: "interval",
    description: "`low` and `high` are both null where there are too few blocks to give an interval.",
    oneOf: [orNull("number"), orNull("null")],
  });

export type Interval = From<typeof Interval>;

export const VerdictKind = z
  .enum(["within", "over", "no-detectable-cost", "inconclusive", "invalid"])
  .meta({ id: "verdictKind" });
export type VerdictKind = From<typeof VerdictKind>;

const JudgedCost = z
  .strictObject({
    absolute: Interval.describe("In the metric's unit."),
    ratio: Interval.nullable().describe("Agent over baseline; null for a level and where there is none."),
    blocks: Count,
  })
  .meta({ id: "judgedCost", description: "The cost that was judged." });
export type JudgedCost = From<typeof JudgedCost>;

const JudgedLoss = z
  .strictObject({
    lost: z.int(),
    operations: Count,
    trials: Count,
    limit: z.number().describe("The budget as a share of the operations, 0 to 1."),
  })
  .meta({ id: "judgedLoss", description: "The loss that was judged." });
export type JudgedLoss = From<typeof JudgedLoss>;

const FailedTrials = z.strictObject({ failed: Count, trials: Count });
export type FailedTrials = From<typeof FailedTrials>;

const reasons = z.array(z.string());

export const LedgerNote = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("surplus"), events: Count }),
  z
    .strictObject({ kind: z.literal("undrained"), undrained: Count, trials: Count })
    .describe("In so many of the trials the output still grew when the wait ended."),
  z.strictObject({ kind: z.literal("no-counter"), reasons }),
  z.strictObject({ kind: z.literal("over-declared"), declared: Count, excess: Count }),
  z.strictObject({ kind: z.literal("silent"), events: Count, share: Share.describe("Of the operations.") }),
]);
export type LedgerNote = From<typeof LedgerNote>;

export const CheckFailure = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("aa"), rejections: Count, comparisons: Count, mostByChance: Count }),
    z.strictObject({
      kind: z.literal("known-cost"),
      at: Comparable,
      slope: Interval.describe("Recovered over injected, with its 90 % interval."),
    }),
  ])
  .meta({ id: "checkFailure" });
export type CheckFailure = From<typeof CheckFailure>;

const cost = { cost: JudgedCost };
const loss = { loss: JudgedLoss };
const undecided = {
  lower: z.number(),
  upper: z.number(),
  blocksNeeded: z.int().nullable().describe("Null where no reasonable number would decide it."),
};

const DirectReason = z.discriminatedUnion("kind", [
  // invalid
  z.strictObject({ kind: z.literal("emulated") }),
  z.strictObject({ kind: z.literal("instrument-failed"), failures: z.array(CheckFailure) }),
  z.strictObject({ kind: z.literal("contended") }),
  z.strictObject({
    kind: z.literal("uneven-failures"),
    baseline: FailedTrials.nullable().describe(
      "Of the baseline; null where the metric is not compared with it, or there is none.",
    ),
    ...FailedTrials.shape,
  }),
  z
    .strictObject({ kind: z.literal("uncounted-failures"), ...FailedTrials.shape })
    .describe("Of a budget on loss: the events of failed trials are in no ledger."),
  z.strictObject({ kind: z.literal("never-run") }),
  z.strictObject({
    kind: z.literal("none-measured"),
    trials: Count,
    first: Unmeasured.nullable().describe("What became of the first of the trials."),
  }),
  z.strictObject({ kind: z.literal("not-read"), reasons }),
  z.strictObject({ kind: z.literal("no-complete-block") }),
  z
    .strictObject({ kind: z.literal("no-baseline") })
    .describe("A level has nothing that a budget in percent could be of."),
  z.strictObject({ kind: z.literal("no-ratio") }),
  z.strictObject({ kind: z.literal("one-block"), ...cost }),
  z.strictObject({ kind: z.literal("no-bounds"), ...cost }),
  z.strictObject({ kind: z.literal("unbalanced"), notes: z.array(LedgerNote) }),
  z.strictObject({ kind: z.literal("uncounted") }),
  // inconclusive
  z.strictObject({ kind: z.literal("exploratory"), ...cost, blocksNeeded: z.int() }),
  z.strictObject({ kind: z.literal("bounds-straddle"), ...cost, ...undecided }),
  z.strictObject({ kind: z.literal("loss-straddles"), ...loss, ...undecided }),
  // over
  z
    .strictObject({ kind: z.literal("lower-bound-over"), ...cost, lower: z.number(), comparisons: Count })
    .describe("The family-wise lower bound, over so many comparisons."),
  z
    .strictObject({ kind: z.literal("loss-over"), ...loss, lower: z.number(), rows: Count })
    .describe("The same over so many rows of the ledger."),
  // no-detectable-cost
  z
    .strictObject({ kind: z.literal("equivalent"), ...cost, low: z.number(), high: z.number() })
    .describe("The 90 % interval."),
  // within
  z.strictObject({ kind: z.literal("upper-bound-within"), ...cost, upper: z.number() }),
  z.strictObject({ kind: z.literal("loss-within"), ...loss, upper: z.number() }),
]);

export type Reason =
  | From<typeof DirectReason>
  | { readonly kind: "hangs-on-noise"; readonly reason: Reason; readonly otherwise: VerdictKind };

export const Reason: z.ZodType<Reason> = z
  .discriminatedUnion("kind", [
    DirectReason,
    z
      .strictObject({
        kind: z.literal("hangs-on-noise"),
        get reason() {
          return Reason;
        },
        otherwise: VerdictKind,
      })
      .describe(
        "`reason` gave this verdict, and the first attempts of trials that were done again give `otherwise`.",
      ),
  ])
  .meta({
    id: "reason",
    description:
      "Why a verdict is what it is. Bounds of costs are on the scale of the budget: in the metric's unit where it is absolute, agent over baseline where it is in percent. Bounds of losses are shares of the operations, 0 to 1.",
  });

/** What a reader must know before using an estimate. */
export const Note = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("emulated") }),
    z.strictObject({ kind: z.literal("contended") }),
    z
      .strictObject({ kind: z.literal("exploratory"), blocks: Count, needed: Count })
      .describe("Too few blocks for an interval."),
    z.strictObject({ kind: z.literal("constant") }),
    z
      .strictObject({ kind: z.literal("per-operation") })
      .describe("Of an operation, not of a delivered event: here the agent's events are not counted."),
    z
      .strictObject({ kind: z.literal("lower-bound") })
      .describe("What kernel threads and daemons did after the window was not read."),
    z
      .strictObject({ kind: z.literal("intervals-disagree") })
      .describe("The bootstrap-t interval differs by more than 15 % of the width."),
    z.strictObject({ kind: z.literal("no-ratio") }),
    z.strictObject({ kind: z.literal("opposite-signs") }),
  ])
  .meta({ id: "note" });
export type Note = From<typeof Note>;

/** Why an agent does not see a scenario's events, or not all of them. */
export const Gap = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("by-design"), text: z.string() }),
    z
      .strictObject({ kind: z.literal("not-counted"), text: z.string() })
      .describe("It may observe them, and nothing that it writes tells of them."),
    z
      .strictObject({ kind: z.literal("not-run"), agent: z.string() })
      .describe("The plan left the scenario out, because the agent does not observe its events."),
    z
      .strictObject({ kind: z.literal("partly"), text: z.string() })
      .describe("It sees some of them; the gap's `seen` says what was delivered."),
  ])
  .meta({ id: "gap" });
export type Gap = From<typeof Gap>;

/** What cannot be measured on this node. */
export const NotMeasurable = z
  .discriminatedUnion("kind", [
    z
      .strictObject({ kind: z.literal("recorded"), text: z.string() })
      .describe("As the run recorded it when it began."),
    z
      .strictObject({ kind: z.literal("never-read"), agent: z.string(), metric: MetricId, reasons })
      .describe("In none of the agent's trials."),
  ])
  .meta({ id: "notMeasurable" });
export type NotMeasurable = From<typeof NotMeasurable>;

/** What the data sheet promised and a forced overflow did not keep. */
export const Contradiction = z.strictObject({
  promised: Overload,
  behaviour: z.enum(["drops", "blocks", "blocks-and-drops"]),
});
export type Contradiction = From<typeof Contradiction>;
