/** How far the instrument can be trusted in this run: it was given known answers, and itself. `trust` in `summary.json`. */
import type { Comparable, Condition, TrialCondition } from "./condition.ts";
import type { CheckFailure, Interval, VerdictKind } from "./reason.ts";
import type { Budget } from "./plan.ts";
import type { MetricId, Unit } from "./units.ts";

export interface SelfChecks {
  readonly aa: AaCheck;
  readonly carryOver: readonly CarryOver[];
  readonly calibration: readonly Calibration[];
  readonly knownLoss: readonly KnownLoss[];
  readonly knownLevels: readonly KnownLevel[];
  readonly noise: NoiseCheck;
  /** Reasons why no verdict of this run can be trusted; empty is what it should be. */
  readonly failures: readonly CheckFailure[];
}

/** Comparisons of a thing with itself: the two baselines of each block, and an agent that starts nothing. */
export interface AaCheck {
  readonly contrasts: readonly AaContrast[];
  /** Contrasts whose 95 % interval leaves out zero. */
  readonly rejections: number;
  /** The most rejections that chance explains (99.9 %): binomial at 5 %, or more where the contrasts hang together. */
  readonly mostByChance: number;
}

export interface AaContrast extends Comparable {
  /** What was compared with the baselines: `baseline` (second with first), or an agent that starts nothing. */
  readonly of: string;
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly absolute: Interval;
  readonly blocks: number;
  readonly rejected: boolean;
}

/** A baseline after an agent against a baseline after another baseline or the run's start: what an agent leaves in the node. */
export interface CarryOver extends Comparable {
  readonly after: string;
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly difference: Interval;
  readonly trials: number;
  readonly suspicious: boolean;
}

/** Known costs against what was recovered, for one operation under one load. */
export interface Calibration extends Comparable {
  /** Always `workload-cpu`. */
  readonly metric: MetricId;
  /** Regression of recovered on injected cost; `level` is its confidence (0.9). */
  readonly slope: Interval & { readonly level: number };
  /** ns/op: what the hook costs without a dose. */
  readonly intercept: Interval;
  readonly points: readonly CalibrationPoint[];
  /** Standard deviation of the residuals, ns/op. */
  readonly residual: number | null;
  /** Smallest cost that this run would have found with 80 % power. */
  readonly minimalDetectable: { readonly ns: number; readonly percent: number | null } | null;
  readonly passed: boolean | null;
}

export interface CalibrationPoint {
  readonly agent: string;
  /** ns/op that the agent says it burned. */
  readonly injected: number;
  /** ns/op that the run found above baseline. */
  readonly recovered: Interval;
  readonly blocks: number;
}

export interface KnownLoss extends Omit<TrialCondition, "placement"> {
  readonly operations: number;
  readonly discarded: number;
  readonly missing: number;
  readonly declared: number | null;
  /** Every discarded event was found missing, and no other. */
  readonly exact: boolean;
}

export interface KnownLevel extends Omit<TrialCondition, "placement"> {
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly injected: number;
  readonly recovered: Interval;
  readonly blocks: number;
}

/** How often one sign of a disturbance from outside was seen. */
export interface NoiseSign {
  readonly sign: "steal" | "cpu-pressure" | "wall-over-cpu" | "control-loop";
  /** Trials that it is asked of: CPU pressure of baselines alone, wall over CPU time of closed loops alone. */
  readonly trials: number;
  readonly shown: number;
  /** Trials in which it could not be read: they are neither quiet nor noisy. */
  readonly unread: number;
}

export interface NoiseCheck {
  readonly redone: number;
  readonly trials: number;
  /** Verdicts that change when the rejected attempts are counted instead; those verdicts are inconclusive. */
  readonly sensitive: readonly SensitiveVerdict[];
  /** True when tasks had to wait so much that wall-clock figures say more about the neighbours than about the agent. */
  readonly contended: boolean;
  readonly signs: readonly NoiseSign[];
}

export interface SensitiveVerdict extends Condition {
  readonly metric: Budget["metric"];
  /** What the verdict is with the trials that count, and what it would be with the first attempts. */
  readonly verdict: VerdictKind;
  readonly otherwise: VerdictKind;
}
