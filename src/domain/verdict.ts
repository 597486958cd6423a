/** What the analysis says: estimates with their intervals, ledgers, and verdicts that know when to be silent. */
import * as z from "zod";
import { EventRange } from "./agent.ts";
import { Condition, Figure, TrialCondition, keyOf } from "./condition.ts";
import { BudgetLimit, BudgetMetric } from "./plan.ts";
import { Gap, Interval, LedgerNote, Note, Reason, VerdictKind } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, Share } from "./units.ts";

export { Interval, VerdictKind } from "./reason.ts";

const ends = z.tuple([z.number(), z.number()]);

export const Bounds = z.strictObject({
  absoluteUpper95: z.number(),
  ratioUpper95: z.number().nullable(),
  absolute90: ends,
  ratio90: ends.nullable(),
});
export type Bounds = From<typeof Bounds>;

export const Estimate = Figure.extend({
  absolute: Interval.describe(
    "Cost above baseline (paired) or the level itself, in `unit`. Mean over blocks.",
  ),
  ratio: Interval.nullable().describe(
    "Agent over baseline, 1 = no difference. Null for a level and where a value is not positive.",
  ),
  hodgesLehmann: z.number().describe("Hodges-Lehmann estimate of the absolute cost, beside the mean."),
  baseline: z.number().nullable().describe("The median of the baseline, in `unit`; null for a level."),
  level: z.number().gt(0).lt(1).describe("Two-sided confidence of the intervals."),
  blocks: z
    .int()
    .min(1)
    .describe("Blocks that hold both the agent and its baselines: the n of this estimate."),
  minimalDetectable: z
    .number()
    .min(0)
    .nullable()
    .describe(
      "Smallest absolute cost that this many blocks would find with 80 % power; null under 2 blocks.",
    ),
  bounds: Bounds.nullable().describe(
    "The one-sided upper 95 % bound, and the 90 % interval for equivalence. What `over` rests on is with the verdict.",
  ),
  standardError: z
    .number()
    .min(0)
    .nullable()
    .describe("Of `absolute`, from the moderated variance; null without an interval."),
  degrees: z
    .number()
    .gt(0)
    .nullable()
    .describe(
      "Degrees of freedom of the t intervals: blocks - 1, and 4 more where the variance is moderated.",
    ),
  bootstrap: z
    .strictObject({ low: z.number(), high: z.number() })
    .nullable()
    .describe(
      "Bootstrap-t interval of the absolute cost, to compare; null under 12 blocks, and where it does not exist.",
    ),
  notes: z.array(Note).describe("What a reader must know before using the figure."),
});
export type Estimate = From<typeof Estimate>;

const declaredLost = EventRange.nullable().describe(
  "What the agent's own counter admits to, in events. Null when it has no counter that could be read.",
);

export const LedgerRow = TrialCondition.extend({
  trials: Count,
  blocks: Count.describe(
    "Blocks that the trials are of: losses come in bursts, so the block is the replicate.",
  ),
  operations: Count,
  delivered: Count,
  declaredLost,
  silentLost: EventRange.nullable().describe(
    "Missing events that no counter of the agent admits to, of each trial by itself. Null: it cannot be told.",
  ),
  duplicates: Count,
  lossRate: z
    .strictObject({ value: Share, low: Share, high: Share })
    .describe(
      "True loss over operations with its 95 % interval: the wider of the exact binomial one and of the one over blocks.",
    ),
  lossError: z
    .number()
    .min(0)
    .nullable()
    .describe("Standard error of the loss over blocks, as a share of the operations; null under 2 blocks."),
  balanced: z
    .boolean()
    .describe(
      "operations = delivered + declared + silent, nothing delivered that was not done, output drained.",
    ),
  notes: z.array(LedgerNote),
});
export type LedgerRow = From<typeof LedgerRow>;

export const PartlySeen = Condition.pick({ load: true, placement: true }).extend({
  trials: z.int().min(1),
  operations: Count,
  delivered: Count,
  declaredLost,
  notAttributable: Count.describe(
    "Missing and not declared as lost: whether it was lost or never seen cannot be told.",
  ),
});
export type PartlySeen = From<typeof PartlySeen>;

/** An agent that does not see a scenario's events, or not every one of them. Coverage, not loss. */
export const CoverageGap = z.strictObject({
  agent: z.string(),
  scenario: z.string(),
  reason: Gap,
  seen: z
    .array(PartlySeen)
    .min(1)
    .exactOptional()
    .describe(
      "What it did deliver, by load, where it sees some; absent: it sees none. Such loads have no row in the ledger.",
    ),
});
export type CoverageGap = From<typeof CoverageGap>;

export const TechniqueCoverage = TrialCondition.extend({
  kind: z.string(),
  trials: Count,
  operations: Count,
  delivered: Count.nullable().describe("Null where the agent does not observe the technique by design."),
});
export type TechniqueCoverage = From<typeof TechniqueCoverage>;

export const Verdict = Condition.extend({
  metric: BudgetMetric,
  budget: BudgetLimit,
  kind: VerdictKind,
  reason: Reason,
  blocksNeeded: z
    .int()
    .min(1)
    .nullable()
    .describe("Blocks that would decide it; only when inconclusive and computable."),
});
export type Verdict = From<typeof Verdict>;

/** Names the budget check that a verdict answers, which is the same in every record and with other attempts. */
export const checkName = (verdict: Pick<Verdict, keyof Condition | "metric" | "budget">): string =>
  `${keyOf(verdict)} ${verdict.metric} ${JSON.stringify(verdict.budget)}`;

/** What a rule decides about a budget; the rest of a verdict is its address. */
export type Ruling = Pick<Verdict, "kind" | "reason" | "blocksNeeded">;

export const invalid = (reason: Reason): Ruling => ({ kind: "invalid", reason, blocksNeeded: null });
