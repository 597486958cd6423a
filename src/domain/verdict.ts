/** What the analysis says: estimates with their intervals, ledgers, and verdicts that know when to be silent. */
import type { Condition, TrialCondition } from "./condition.ts";
import type { Budget } from "./plan.ts";
import type { Gap, Interval, LedgerNote, Note, Reason, VerdictKind } from "./reason.ts";
import type { MetricId, Unit } from "./units.ts";

export type { Interval, VerdictKind } from "./reason.ts";

export interface Estimate extends Condition {
  readonly metric: MetricId;
  readonly unit: Unit;
  /** Cost above baseline (paired) or the level itself, in `unit`. Mean over blocks. */
  readonly absolute: Interval;
  /** Agent over baseline, 1 = no difference. Null for a level and where a value is not positive. */
  readonly ratio: Interval | null;
  /** Hodges-Lehmann estimate of the absolute cost, beside the mean. */
  readonly hodgesLehmann: number;
  /** The median of the baseline, in `unit`; null for a level. */
  readonly baseline: number | null;
  /** Two-sided confidence of the intervals. */
  readonly level: number;
  /** Blocks that hold both the agent and its baselines: the n of this estimate. */
  readonly blocks: number;
  /** Smallest absolute cost that this many blocks would find with 80 % power; null under 2 blocks. */
  readonly minimalDetectable: number | null;
  /** One-sided upper 95 % and family-wise lower bounds that verdicts use, and the 90 % interval for equivalence. */
  readonly bounds: Bounds | null;
  /** Paired t interval of the absolute cost; null without an interval. */
  readonly tInterval: { readonly low: number; readonly high: number } | null;
  /** What a reader must know before using the figure. */
  readonly notes: readonly Note[];
}

export interface Bounds {
  readonly absoluteUpper95: number;
  readonly absoluteLowerFamilyWise: number;
  readonly ratioUpper95: number | null;
  readonly ratioLowerFamilyWise: number | null;
  readonly absolute90: readonly [low: number, high: number];
  readonly ratio90: readonly [low: number, high: number] | null;
}

export interface LedgerRow extends TrialCondition {
  readonly trials: number;
  readonly operations: number;
  readonly delivered: number;
  /** Null when the agent has no counter that could be read. */
  readonly declaredLost: number | null;
  /** Missing events that no counter of the agent admits to. Negative: it declares more than is missing. */
  readonly silentLost: number;
  readonly duplicates: number;
  /** True loss over operations with its exact (Clopper-Pearson) 95 % interval. */
  readonly lossRate: { readonly value: number; readonly low: number; readonly high: number };
  /** operations = delivered + declared + silent, nothing delivered that was not done, output drained. */
  readonly balanced: boolean;
  readonly notes: readonly LedgerNote[];
}

/** An agent that does not see a scenario's events, or not every one of them. Coverage, not loss. */
export interface CoverageGap {
  readonly agent: string;
  readonly scenario: string;
  readonly reason: Gap;
  /** What it did deliver, by load, where it sees some; absent: it sees none. Such loads have no row in the ledger. */
  readonly seen?: readonly PartlySeen[];
}

/** Events of an agent that by design does not see every one: whether what is missing was lost or never seen cannot be told. */
export interface PartlySeen extends Pick<Condition, "load" | "placement"> {
  readonly trials: number;
  readonly operations: number;
  readonly delivered: number;
  /** Null when the agent has no counter that could be read. */
  readonly declaredLost: number | null;
  /** Missing and not declared as lost. */
  readonly notAttributable: number;
}

/** What an agent saw of one of the techniques that a scenario does in turn. */
export interface TechniqueCoverage extends TrialCondition {
  readonly kind: string;
  readonly trials: number;
  readonly operations: number;
  /** Null where the agent does not observe the technique by design. */
  readonly delivered: number | null;
}

export interface Verdict extends Condition {
  readonly metric: Budget["metric"];
  readonly budget: Budget["limit"];
  readonly kind: VerdictKind;
  readonly reason: Reason;
  /** Blocks that would decide it; only when inconclusive and computable. */
  readonly blocksNeeded: number | null;
}
