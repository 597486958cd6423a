/**
 * Why the analysis says what it says, as closed unions that carry figures. They are worded in `src/report/words/` and nowhere else.
 *
 * `text` fields are words of the record (an agent's message, a data sheet's reason) that are quoted and never read.
 */
import * as z from "zod";
import { EventRange, Overload } from "./agent.ts";
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
    blocks: Count,
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
  z
    .strictObject({ kind: z.literal("over-declared"), excess: Count, trials: Count })
    .describe(
      "In so many trials the counter tells of more than is missing there; `excess` at least, over them.",
    ),
  z
    .strictObject({
      kind: z.literal("silent"),
      events: EventRange,
      share: Share.describe("`low` of the operations."),
    })
    .describe("Missing, and more than the counter can tell of."),
  z
    .strictObject({ kind: z.literal("unattributed"), events: Count })
    .describe("So many of the missing events may or may not be those that the counter tells of."),
  z
    .strictObject({
      kind: z.literal("behind"),
      events: Count,
      windowMs: z.number().min(0),
      lagMs: z.number().min(0),
    })
    .describe(
      "A trial raised so many events in `windowMs`, and the agent told of the last one `lagMs` later (medians): what it was behind with, a buffer held.",
    ),
]);
export type LedgerNote = From<typeof LedgerNote>;

const apart = {
  at: Comparable,
  metric: MetricId,
  difference: Interval.describe("Its joint 95 % interval."),
  margin: z.number().min(0).describe("A third of the budget, in the metric's unit."),
};

export const CheckFailure = z
  .discriminatedUnion("kind", [
    z
      .strictObject({ kind: z.literal("aa"), of: z.string(), ...apart })
      .describe(
        "The node differs from itself by more than the margin, or an agent that starts nothing costs more.",
      ),
    z
      .strictObject({ kind: z.literal("carry-over"), after: z.string(), ...apart })
      .describe("A baseline straight after the agent differs from the other one by more than the margin."),
    z.strictObject({
      kind: z.literal("known-cost"),
      at: Comparable,
      slope: Interval.describe("Recovered over injected, with its 90 % interval."),
    }),
  ])
  .meta({ id: "checkFailure" });
export type CheckFailure = From<typeof CheckFailure>;

/** What this run could not prove of the instrument, and by how much a cost may therefore be wrong. */
export const Unproven = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("aa"), of: z.string(), difference: Interval }),
    z.strictObject({ kind: z.literal("carry-over"), after: z.string(), difference: Interval }),
    z.strictObject({ kind: z.literal("known-cost"), slope: Interval }),
  ])
  .meta({ id: "unproven", description: "The 90 % interval of what was to be shown to be nothing, or one." });
export type Unproven = From<typeof Unproven>;

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
  z
    .strictObject({ kind: z.literal("cut"), cut: Count, trials: Count })
    .describe(
      "Of a budget on loss: in so many trials the harness cut off what the agent had written, and these events are lost by the harness.",
    ),
  z
    .strictObject({
      kind: z.literal("unmeasured"),
      what: z.enum(["agent", "scenario", "metric"]),
      why: Unmeasured.nullable().describe("What became of the agent; null where it is not about one."),
    })
    .describe(
      "It was asked for and not measured: the agent was left out, the scenario not run, or the metric does not exist there.",
    ),
  z
    .strictObject({ kind: z.literal("impossible"), ...cost, upper: z.number(), margin: z.number() })
    .describe(
      "The upper 95 % bound lies below nothing by more than the margin: an agent that saves the node work.",
    ),
  // inconclusive
  z
    .strictObject({ kind: z.literal("loss-few-blocks"), ...loss, blocksNeeded: z.int() })
    .describe("Losses come in bursts: one block says nothing of the next."),
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

const crashes = {
  turns: Count.describe("Turns in which it crashed."),
  ofTurns: Count,
  first: Unmeasured.nullable(),
};
const sheds = {
  lost: Share.describe("Of the operations."),
  operations: Count,
  limit: Share.describe("Its loss budget, or the default one."),
};
const doubt = {
  by: Unproven,
  low: z.number().nullable().describe("The least that the cost may be; null: unbounded."),
  high: z.number().nullable(),
};

/** A verdict that was taken back: what it was, and why it is not that. */
interface TakenBack {
  readonly reason: Reason;
}

export type Reason =
  | From<typeof DirectReason>
  | (TakenBack & { readonly kind: "hangs-on-noise"; readonly otherwise: VerdictKind })
  | (TakenBack & { readonly kind: "sheds" } & From<z.ZodObject<typeof sheds>>)
  | (TakenBack & { readonly kind: "crashed" } & From<z.ZodObject<typeof crashes>>)
  | (TakenBack & { readonly kind: "unproven-resolution" } & From<z.ZodObject<typeof doubt>>);

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
    z
      .strictObject({
        kind: z.literal("sheds"),
        get reason() {
          return Reason;
        },
        ...sheds,
      })
      .describe("It loses more than it may: what it costs is not what the work costs."),
    z
      .strictObject({
        kind: z.literal("crashed"),
        get reason() {
          return Reason;
        },
        ...crashes,
      })
      .describe(
        "Its processes ended by themselves in some turns; what the others cost does not stand for it.",
      ),
    z
      .strictObject({
        kind: z.literal("unproven-resolution"),
        get reason() {
          return Reason;
        },
        ...doubt,
      })
      .describe("The budget lies inside the error that a self-check of this run leaves open."),
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
