/**
 * Verdicts that are taken back, for what the figures of one check alone do not tell. The first that holds decides:
 *
 *   instrument-failed     a self-check failed: no cost of the run is judged
 *   impossible            the cost is far below nothing: what was compared was not the same
 *   contended             wall-clock time on a node whose CPUs were busy with other things
 *   crashed               a turn in which the agent crashed: nothing of it is within
 *   sheds                 it loses more than it may: no cost of it is within
 *   hangs-on-noise        the first attempts of trials that were done again would have given another verdict
 *   unproven-resolution   the budget lies inside the error that a self-check of this run leaves open
 *
 * What is over stays over for an agent that crashes or sheds: these make a cost look smaller, not larger.
 */
import { ALL_OPERATIONS, type Comparable, conditionOf } from "../domain/condition.ts";
import { MAX_LOSS_BY_DEFAULT, NOTHING } from "../domain/limits.ts";
import { BASELINE, type Budget } from "../domain/plan.ts";
import type { Reason, Unproven } from "../domain/reason.ts";
import type { SelfChecks } from "../domain/self-checks.ts";
import { METRICS, type MetricId, isWallClock } from "../domain/units.ts";
import { type Estimate, type LedgerRow, type Ruling, type Verdict, invalid } from "../domain/verdict.ts";
import type { Warning } from "../domain/warning.ts";
import { costIn, isAllowed } from "./allowed.ts";
import { cellName } from "./cells.ts";
import type { Crashes } from "./crashes.ts";
import { shareOf } from "./judge-loss.ts";
import type { Sensitivity } from "./sensitivity.ts";

export interface Doubts {
  readonly checks: SelfChecks;
  readonly sensitivity: Sensitivity;
  readonly crashes: ReadonlyMap<string, Crashes>;
  readonly ledger: readonly LedgerRow[];
  readonly budgets: readonly Budget[];
  readonly estimates: readonly Estimate[];
  /** Complete blocks of the run. */
  readonly blocks: number;
}

export const withholdVerdicts = (verdicts: readonly Verdict[], doubts: Doubts): readonly Verdict[] =>
  verdicts.map((verdict) => {
    if (verdict.kind === "invalid") return verdict;
    const ruling = rulingFor(verdict, doubts);
    return ruling === undefined ? verdict : { ...verdict, ...ruling };
  });

const rulingFor = (verdict: Verdict, doubts: Doubts): Ruling | undefined => {
  const { metric, reason } = verdict;
  const { failures, noise } = doubts.checks;
  if (metric !== "loss" && failures.length > 0) return invalid({ kind: "instrument-failed", failures });
  const impossible = impossibleIn(verdict);
  if (impossible !== undefined) return invalid(impossible);
  if (metric !== "loss" && noise.contended && isWallClock(metric)) return invalid({ kind: "contended" });
  const crash = doubts.crashes.get(verdict.agent);
  if (crash !== undefined && isAllowed(verdict)) return invalid({ kind: "crashed", reason, ...crash });
  const shed = isAllowed(verdict) ? shedIn(verdict, doubts) : undefined;
  if (shed !== undefined) return invalid(shed);
  const otherwise = doubts.sensitivity.get(verdict);
  if (otherwise !== undefined) return withheld({ kind: "hangs-on-noise", reason, otherwise });
  const doubt = doubtIn(verdict, doubts);
  return doubt === undefined ? undefined : withheld({ kind: "unproven-resolution", reason, ...doubt });
};

const withheld = (reason: Reason): Ruling => ({ kind: "inconclusive", reason, blocksNeeded: null });

/**
 * An agent adds work, so a cost cannot be negative. Slightly negative ones are real, though: an agent that keeps a CPU from sleeping makes the
 * workload faster by a percent or so. Hence the margin: what is below nothing by more than a third of the budget could hide a cost that matters.
 */
const impossibleIn = (verdict: Verdict): Reason | undefined => {
  const { metric, budget } = verdict;
  const cost = costIn(verdict);
  if (cost === undefined || metric === "loss" || METRICS[metric].kind !== "paired") return undefined;
  switch (budget.kind) {
    case "absolute": {
      const upper = cost.absolute.high;
      const margin = -NOTHING * budget.value;
      return upper !== null && upper < margin ? { kind: "impossible", cost, upper, margin } : undefined;
    }
    case "percent": {
      const upper = cost.ratio?.high ?? null;
      const margin = 1 / (1 + (NOTHING * budget.percent) / 100);
      return upper !== null && upper < margin ? { kind: "impossible", cost, upper, margin } : undefined;
    }
  }
};

export const impossibleWarnings = (verdicts: readonly Verdict[]): readonly Warning[] =>
  verdicts.flatMap((verdict): readonly Warning[] => {
    const { metric, reason } = verdict;
    return reason.kind === "impossible" && metric !== "loss"
      ? [{ kind: "impossible", ...conditionOf(verdict), metric, difference: reason.cost.absolute }]
      : [];
  });

/** Memory is what it is however many events were seen. */
const isCostOfWork = (metric: Budget["metric"]): metric is MetricId =>
  metric !== "loss" && METRICS[metric].unit !== "MiB";

const shedIn = (verdict: Verdict, { ledger, budgets }: Doubts): Reason | undefined => {
  const row = ledger.find((one) => cellName(one) === cellName(verdict));
  if (row === undefined || !isCostOfWork(verdict.metric)) return undefined;
  const { operations, lossRate } = row;
  const limits = budgets
    .filter(({ metric, scenario }) => metric === "loss" && (scenario === "*" || scenario === row.scenario))
    .map(({ limit }) => shareOf(limit, operations));
  const limit = limits.length === 0 ? MAX_LOSS_BY_DEFAULT : Math.min(...limits);
  return lossRate.value > limit
    ? { kind: "sheds", reason: verdict.reason, lost: lossRate.value, operations, limit }
    : undefined;
};

interface Doubt {
  readonly by: Unproven;
  readonly low: number | null;
  readonly high: number | null;
}

/** The widest of what the self-checks leave open, where the budget lies inside it. In the metric's unit. */
const doubtIn = (verdict: Verdict, doubts: Doubts): Doubt | undefined => {
  const { metric, budget } = verdict;
  const cost = costIn(verdict);
  if (cost === undefined || metric === "loss" || verdict.kind === "inconclusive") return undefined;
  const limit = limitOf(verdict, budget, doubts.estimates);
  if (limit === undefined) return undefined;
  return [
    ...nodeDoubts(verdict, metric, cost.absolute.value, doubts),
    ...slopeDoubts(verdict, metric, cost.absolute.value, doubts.checks),
  ].find(({ low, high }) => (low === null || low < limit) && (high === null || high > limit));
};

const limitOf = (
  verdict: Verdict,
  limit: Budget["limit"],
  estimates: readonly Estimate[],
): number | undefined => {
  if (limit.kind === "absolute") return limit.value;
  const estimate = estimates.find(
    (one) =>
      one.metric === verdict.metric &&
      one.operation === verdict.operation &&
      cellName(one) === cellName(verdict),
  );
  const baseline = estimate?.baseline ?? null;
  return baseline === null ? undefined : (baseline * limit.percent) / 100;
};

/** Of one workload: a reading that cannot be told apart by operation is of all of them. */
const concerns = (check: Comparable, verdict: Verdict): boolean =>
  check.scenario === verdict.scenario &&
  check.load === verdict.load &&
  check.placement === verdict.placement &&
  (check.operation === verdict.operation ||
    check.operation === ALL_OPERATIONS ||
    verdict.operation === ALL_OPERATIONS);

const nodeDoubts = (
  verdict: Verdict,
  metric: MetricId,
  value: number,
  { checks, blocks }: Doubts,
): readonly Doubt[] => {
  const within = (by: Unproven, weight: number, { low, high }: Unmargined): readonly Doubt[] => {
    if (low === null || high === null) return [];
    const error = weight * Math.max(Math.abs(low), Math.abs(high));
    return [{ by, low: value - error, high: value + error }];
  };
  return [
    // Costs are taken from the mean of both baselines, of which such a difference is in one.
    ...checks.aa.contrasts.flatMap((one) =>
      one.state === "open" && one.margin !== null && one.metric === metric && concerns(one, verdict)
        ? within(
            { kind: "aa", of: one.of, difference: one.within },
            one.of === BASELINE ? 0.5 : 1,
            one.within,
          )
        : [],
    ),
    // What an agent leaves behind is in the mean with the share of the blocks in which something follows it.
    ...checks.carryOver.flatMap((one) =>
      one.state === "open" && one.margin !== null && isCpu(metric) && concerns(one, verdict)
        ? within(
            { kind: "carry-over", after: one.after, difference: one.within },
            one.trials / Math.max(one.trials, 2 * blocks),
            one.within,
          )
        : [],
    ),
  ];
};

type Unmargined = SelfChecks["carryOver"][number]["within"];

/** Work on the workload's path is in both. */
const isCpu = (metric: MetricId): boolean => metric === "workload-cpu" || metric === "system-cpu";

const slopeDoubts = (
  verdict: Verdict,
  metric: MetricId,
  value: number,
  { calibration }: SelfChecks,
): readonly Doubt[] =>
  calibration.flatMap((one): readonly Doubt[] => {
    const { low, high } = one.slope;
    if (one.passed !== null || low === null || high === null || !isCpu(metric) || !concerns(one, verdict)) {
      return [];
    }
    const by: Unproven = { kind: "known-cost", slope: { value: one.slope.value, low, high } };
    // Recovered is slope times true. A slope that may be 0 recovers nothing of any cost.
    const [least, most] = [high > 0 ? value / high : null, low > 0 ? value / low : null];
    return [value >= 0 ? { by, low: least, high: most } : { by, low: most, high: least }];
  });
