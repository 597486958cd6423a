/** Several records beside each other: what differs between them, and what may be said of the difference. */
import type { Condition, TrialCondition } from "./condition.ts";
import type { CheckFailure } from "./reason.ts";
import type { RunView } from "./run-view.ts";
import type { MetricId, Unit } from "./units.ts";
import type { Estimate, Interval, LedgerRow, Verdict } from "./verdict.ts";

/** One record of a comparison. */
export interface Side {
  /** Unique in the comparison, made of what differs: "aarch64", "6.12.9, node2". */
  readonly label: string;
  readonly view: RunView;
}

/** One thing that is not the same for all sides; values are in the order of the sides, null where a side does not have it. */
export interface Difference {
  readonly key: string;
  readonly values: readonly (string | null)[];
}

/** Where figures are not put beside each other although they bear the same name. */
export interface KeptApart extends Difference {
  readonly what: ApartFigures;
}

export type ApartFigures =
  /** Loads of one name and another shape. */
  | { readonly kind: "load"; readonly scenario: string; readonly load: string }
  /** Records of one kind of node, which `node` names as `Pool.title` does: they are not pooled. */
  | { readonly kind: "pool"; readonly node: string };

/** One figure of every side. */
export interface ComparedFigure extends Condition {
  readonly metric: MetricId;
  readonly unit: Unit;
  /** In the order of the sides; null where a side has no such figure. */
  readonly figures: readonly (Estimate | null)[];
}

/** What became of the events of one agent and load, on every side. */
export interface ComparedLoss extends TrialCondition {
  readonly rows: readonly (LedgerRow | null)[];
}

/** Records that may be taken together: nodes of one kind, measured alike. */
export interface Pool {
  /** "x86_64, kernel 6.12.9, Example CPU, 2 CPUs". */
  readonly title: string;
  /** Positions in `Comparison.sides`. */
  readonly sides: readonly number[];
  readonly distributions: readonly Distribution[];
}

/** One figure over the records of a pool. The record is what varies here, not the block. */
export interface Distribution extends Condition {
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly values: readonly { readonly side: number; readonly value: number }[];
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Median absolute deviation times 1.4826, which is the standard deviation of normal data. */
  readonly spread: number;
  /** Sides too far from the median for this spread and their own noise; empty under 4 records. */
  readonly outliers: readonly number[];
}

/** `tare report A B ...`, as JSON with `--json`. */
export interface Comparison {
  readonly schema: 1;
  readonly sides: readonly Side[];
  readonly varies: readonly Difference[];
  readonly keptApart: readonly KeptApart[];
  readonly figures: readonly ComparedFigure[];
  readonly losses: readonly ComparedLoss[];
  readonly pools: readonly Pool[];
}

/** `worse` and `better`: beyond noise and tolerance. `same`: any change is smaller than the tolerance. `open`: cannot tell. */
export type Outcome = "worse" | "better" | "same" | "open";

/** One figure of the new record against the old one's. */
export interface Change extends Condition {
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly old: Estimate;
  readonly new: Estimate;
  /** New minus old in `unit`, with the 95 % interval that this difference has by itself. */
  readonly difference: Interval;
  /** The difference in percent of what the operation takes without an agent (paired), or of the old level; null where that is not positive. */
  readonly percent: Interval | null;
  /** Null: shown, but not among the figures that are judged. */
  readonly outcome: Outcome | null;
  /** Why it is open; null where it is not. */
  readonly reason: OpenReason | null;
}

export type OpenReason =
  | { readonly kind: "too-few-blocks"; readonly old: number; readonly new: number }
  | { readonly kind: "obstacle"; readonly obstacle: Obstacle }
  /** The interval holds both no change and more than the tolerance. */
  | { readonly kind: "undecided" };

/** Why nothing can be said of costs at all. */
export type Obstacle =
  | { readonly kind: "emulated"; readonly record: "old" | "new" }
  | {
      readonly kind: "instrument-failed";
      readonly record: "old" | "new";
      readonly failure: CheckFailure;
    };

export interface LossChange extends TrialCondition {
  readonly old: LedgerRow;
  readonly new: LedgerRow;
  /** New minus old share of the operations, with its 95 % interval. */
  readonly difference: { readonly value: number; readonly low: number; readonly high: number };
  readonly outcome: Outcome;
}

export interface VerdictChange {
  readonly old: Verdict | null;
  readonly new: Verdict | null;
}

/** `tare diff OLD NEW`. */
export interface RecordDiff {
  readonly schema: 1;
  readonly old: Side;
  readonly new: Side;
  readonly varies: readonly Difference[];
  readonly keptApart: readonly KeptApart[];
  /** Changes smaller than this many percent are `same`. */
  readonly tolerancePercent: number;
  /** Comparisons that are judged together: what is called worse or better holds for all of them at 95 %. */
  readonly judged: number;
  readonly changes: readonly Change[];
  readonly losses: readonly LossChange[];
  /** Budget checks whose verdict is another one now. */
  readonly verdicts: readonly VerdictChange[];
  /** Empty is what it should be. */
  readonly obstacles: readonly Obstacle[];
}
