/**
 * Why the analysis says what it says, as closed unions that carry figures. They are worded in `src/report/words/` and nowhere else.
 *
 * `text` fields are words of the record (an agent's message, a data sheet's reason) that are quoted and never read.
 */
import type { Agent } from "./agent.ts";
import type { Comparable } from "./condition.ts";
import type { Unmeasured } from "./failure.ts";
import type { MetricId } from "./units.ts";

/** A value with its interval; `low` and `high` are null where there are too few blocks to give one. */
export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export type VerdictKind = "within" | "over" | "no-detectable-cost" | "inconclusive" | "invalid";

/** The cost that was judged. */
export interface JudgedCost {
  /** In the metric's unit. */
  readonly absolute: Interval;
  /** Agent over baseline; null for a level and where there is none. */
  readonly ratio: Interval | null;
  readonly blocks: number;
}

/** The loss that was judged. */
export interface JudgedLoss {
  readonly lost: number;
  readonly operations: number;
  readonly trials: number;
  /** The budget as a share of the operations, 0 to 1. */
  readonly limit: number;
}

export interface FailedTrials {
  readonly failed: number;
  readonly trials: number;
}

/**
 * Why a verdict is what it is. Bounds of costs are on the scale of the budget: in the metric's unit where it is absolute, agent over baseline
 * where it is in percent. Bounds of losses are shares of the operations, 0 to 1.
 */
export type Reason =
  // invalid
  | { readonly kind: "emulated" }
  | { readonly kind: "instrument-failed"; readonly failures: readonly CheckFailure[] }
  | { readonly kind: "contended" }
  | ({
      readonly kind: "uneven-failures";
      /** Of the baseline; null where the metric is not compared with it, or there is none. */
      readonly baseline: FailedTrials | null;
    } & FailedTrials)
  /** Of a budget on loss: the events of failed trials are in no ledger. */
  | ({ readonly kind: "uncounted-failures" } & FailedTrials)
  | { readonly kind: "never-run" }
  /** `first`: what became of the first of the trials. */
  | { readonly kind: "none-measured"; readonly trials: number; readonly first: Unmeasured | null }
  | { readonly kind: "not-read"; readonly reasons: readonly string[] }
  | { readonly kind: "no-complete-block" }
  /** A level has nothing that a budget in percent could be of. */
  | { readonly kind: "no-baseline" }
  | { readonly kind: "no-ratio" }
  | { readonly kind: "one-block"; readonly cost: JudgedCost }
  | { readonly kind: "no-bounds"; readonly cost: JudgedCost }
  | { readonly kind: "unbalanced"; readonly notes: readonly LedgerNote[] }
  | { readonly kind: "uncounted" }
  // inconclusive
  | { readonly kind: "exploratory"; readonly cost: JudgedCost; readonly blocksNeeded: number }
  | {
      readonly kind: "bounds-straddle";
      readonly cost: JudgedCost;
      readonly lower: number;
      readonly upper: number;
      /** Null where no reasonable number would decide it. */
      readonly blocksNeeded: number | null;
    }
  | {
      readonly kind: "loss-straddles";
      readonly loss: JudgedLoss;
      readonly lower: number;
      readonly upper: number;
      readonly blocksNeeded: number | null;
    }
  /** `reason` gave this verdict, and the first attempts of trials that were done again give `otherwise`. */
  | { readonly kind: "hangs-on-noise"; readonly reason: Reason; readonly otherwise: VerdictKind }
  // over
  /** The family-wise lower bound, over so many comparisons. */
  | {
      readonly kind: "lower-bound-over";
      readonly cost: JudgedCost;
      readonly lower: number;
      readonly comparisons: number;
    }
  /** The same over so many rows of the ledger. */
  | {
      readonly kind: "loss-over";
      readonly loss: JudgedLoss;
      readonly lower: number;
      readonly rows: number;
    }
  // no-detectable-cost: the 90 % interval
  | { readonly kind: "equivalent"; readonly cost: JudgedCost; readonly low: number; readonly high: number }
  // within
  | { readonly kind: "upper-bound-within"; readonly cost: JudgedCost; readonly upper: number }
  | { readonly kind: "loss-within"; readonly loss: JudgedLoss; readonly upper: number };

/** What a reader must know before using an estimate. */
export type Note =
  | { readonly kind: "emulated" }
  | { readonly kind: "contended" }
  /** Too few blocks for an interval. */
  | { readonly kind: "exploratory"; readonly blocks: number; readonly needed: number }
  | { readonly kind: "constant" }
  | { readonly kind: "t-interval" }
  | { readonly kind: "intervals-disagree" }
  | { readonly kind: "no-ratio" }
  | { readonly kind: "opposite-signs" };

/** What a reader must know of a row of the ledger; counts are events. */
export type LedgerNote =
  | { readonly kind: "surplus"; readonly events: number }
  /** In so many of the trials the output still grew when the wait ended. */
  | { readonly kind: "undrained"; readonly undrained: number; readonly trials: number }
  | { readonly kind: "no-counter"; readonly reasons: readonly string[] }
  | { readonly kind: "over-declared"; readonly declared: number; readonly excess: number }
  /** `share` of the operations, 0 to 1. */
  | { readonly kind: "silent"; readonly events: number; readonly share: number };

/** Why an agent does not see a scenario's events, or not all of them. */
export type Gap =
  | { readonly kind: "by-design"; readonly text: string }
  /** It may observe them, and nothing that it writes tells of them. */
  | { readonly kind: "not-counted"; readonly text: string }
  /** The plan left the scenario out, because the agent does not observe its events. */
  | { readonly kind: "not-run"; readonly agent: string }
  /** It sees some of them; the gap's `seen` says what was delivered. */
  | { readonly kind: "partly"; readonly text: string };

/** What cannot be measured on this node. */
export type NotMeasurable =
  /** As the run recorded it when it began. */
  | { readonly kind: "recorded"; readonly text: string }
  /** In none of the agent's trials. */
  | {
      readonly kind: "never-read";
      readonly agent: string;
      readonly metric: MetricId;
      readonly reasons: readonly string[];
    };

/** Why no verdict on cost of this run can be trusted. */
export type CheckFailure =
  | {
      readonly kind: "aa";
      readonly rejections: number;
      readonly comparisons: number;
      readonly mostByChance: number;
    }
  /** `slope`: recovered over injected, with its 90 % interval. */
  | { readonly kind: "known-cost"; readonly at: Comparable; readonly slope: Interval };

/** What the data sheet promised and a forced overflow did not keep. */
export interface Contradiction {
  readonly promised: Agent["overload"];
  readonly behaviour: "drops" | "blocks" | "blocks-and-drops";
}
