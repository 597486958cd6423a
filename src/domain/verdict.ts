/** What the analysis says: estimates with their intervals, ledgers, and verdicts that know when to be silent. */
import type { Namespace } from "./agent.ts";
import type { Budget, CpuPlacement } from "./plan.ts";
import type { AgentStatus, HostFingerprint } from "./record.ts";
import type { BackpressureRow } from "./backpressure.ts";
import type { MetricId, Unit } from "./units.ts";

/** A value with its interval; `low` and `high` are null where there are too few blocks to give one. */
export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What is compared with what: one agent under one operation of one scenario's load. */
export interface Key {
  readonly agent: string;
  readonly scenario: string;
  readonly operation: string;
  readonly load: string;
  readonly placement: CpuPlacement;
}

export interface Estimate extends Key {
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
  /** What a reader must know before using the figure ("exploratory: 3 blocks, an interval needs 10"). */
  readonly notes: readonly string[];
}

export interface Bounds {
  readonly absoluteUpper95: number;
  readonly absoluteLowerFamilyWise: number;
  readonly ratioUpper95: number | null;
  readonly ratioLowerFamilyWise: number | null;
  readonly absolute90: readonly [low: number, high: number];
  readonly ratio90: readonly [low: number, high: number] | null;
}

export interface LedgerRow {
  readonly agent: string;
  readonly scenario: string;
  readonly load: string;
  readonly placement: CpuPlacement;
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
  readonly notes: readonly string[];
}

/** An agent that by design does not see a scenario's events, or not every one of them. Coverage, not loss. */
export interface CoverageGap {
  readonly agent: string;
  readonly scenario: string;
  readonly why: string;
  /** What it did deliver, by load, where it sees some; absent: it sees none. Such loads have no row in the ledger. */
  readonly seen?: readonly PartlySeen[];
}

/** Events of an agent that by design does not see every one: what is missing may be lost or never seen, and nobody can tell. */
export interface PartlySeen {
  readonly load: string;
  readonly placement: CpuPlacement;
  readonly trials: number;
  readonly operations: number;
  readonly delivered: number;
  /** Null when the agent has no counter that could be read. */
  readonly declaredLost: number | null;
  /** Missing and not declared as lost. */
  readonly notAttributable: number;
}

/** What an agent saw of one of the kinds of operation that a scenario does in turn. */
export interface TechniqueCoverage {
  readonly agent: string;
  readonly scenario: string;
  readonly load: string;
  readonly placement: CpuPlacement;
  readonly kind: string;
  readonly trials: number;
  readonly operations: number;
  /** Null where the agent does not observe the kind by design. */
  readonly delivered: number | null;
}

export type VerdictKind = "within" | "over" | "no-detectable-cost" | "inconclusive" | "invalid";

export interface Verdict {
  readonly agent: string;
  readonly scenario: string;
  readonly operation: string;
  readonly load: string;
  readonly metric: Budget["metric"];
  readonly budget: Budget["limit"];
  readonly kind: VerdictKind;
  /** One sentence with figure, interval and n. */
  readonly why: string;
  /** Blocks that would decide it; only when inconclusive and computable. */
  readonly blocksNeeded: number | null;
}

/** How far the instrument can be trusted in this run: it was given known answers, and itself. */
export interface Trust {
  readonly aa: AaCheck;
  readonly carryOver: readonly CarryOver[];
  readonly calibration: readonly Calibration[];
  readonly knownLoss: readonly KnownLoss[];
  readonly knownLevels: readonly KnownLevel[];
  readonly noise: NoiseCheck;
  /** Reasons why no verdict of this run can be trusted; empty is what it should be. */
  readonly failures: readonly string[];
}

/** Comparisons of a thing with itself: the two baselines of each block, and an agent that starts nothing. */
export interface AaCheck {
  readonly contrasts: readonly AaContrast[];
  /** Contrasts whose 95 % interval leaves out zero. */
  readonly rejections: number;
  /** The most rejections that chance explains (99.9 %): binomial at 5 %, or more where the contrasts hang together. */
  readonly mostByChance: number;
}

export interface AaContrast extends Omit<Key, "agent"> {
  /** What was compared with the baselines: `baseline` (second with first), or an agent that starts nothing. */
  readonly of: string;
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly absolute: Interval;
  readonly blocks: number;
  readonly rejected: boolean;
}

/** A baseline after an agent against a baseline after another baseline or the run's start: what an agent leaves in the node. */
export interface CarryOver extends Omit<Key, "agent"> {
  readonly after: string;
  readonly metric: MetricId;
  readonly unit: Unit;
  readonly difference: Interval;
  readonly trials: number;
  readonly suspicious: boolean;
}

/** Known costs against what was recovered, for one operation under one load. */
export interface Calibration extends Omit<Key, "agent"> {
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

export interface KnownLoss {
  readonly agent: string;
  readonly scenario: string;
  readonly load: string;
  readonly operations: number;
  readonly discarded: number;
  readonly missing: number;
  readonly declared: number | null;
  /** Every discarded event was found missing, and no other. */
  readonly exact: boolean;
}

export interface KnownLevel {
  readonly agent: string;
  readonly scenario: string;
  readonly load: string;
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
  readonly sensitive: readonly string[];
  /** True when tasks had to wait so much that wall-clock figures say more about the neighbours than about the agent. */
  readonly contended: boolean;
  readonly signs: readonly NoiseSign[];
}

/** `summary.json`. Its JSON Schema is `src/report/summary.schema.json`. */
export interface Summary {
  readonly schema: 1;
  readonly run: {
    readonly id: string;
    readonly method: string;
    readonly tool: string;
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly complete: boolean;
    readonly seed: number;
    readonly profile: string;
    readonly blocks: number;
    readonly trials: { readonly measured: number; readonly skipped: number; readonly failed: number };
    readonly command: readonly string[];
    readonly budgetSource: string;
    /** Namespaces of the run's own in which every workload ran, baselines included; absent: the node's. */
    readonly isolation?: readonly Namespace[];
  };
  readonly host: HostFingerprint;
  readonly agents: readonly AgentStatus[];
  readonly estimates: readonly Estimate[];
  readonly ledger: readonly LedgerRow[];
  /** By kind of operation; absent where no scenario does several in turn. */
  readonly kinds?: readonly TechniqueCoverage[];
  /** Forced overflows; absent where none was tried. */
  readonly overflow?: readonly BackpressureRow[];
  readonly coverage: readonly CoverageGap[];
  readonly verdicts: readonly Verdict[];
  readonly trust: Trust;
  /** Failed turns and trials, leftovers, noise: what a reviewer must know, worded for people. */
  readonly warnings: readonly string[];
  readonly notMeasurable: readonly string[];
}
