/**
 * Checks that something is nothing, to within a margin: a third of the budget that it would be mistaken against.
 *
 *   passed   the 90 % interval lies inside the margin: two one-sided tests at 5 %
 *   failed   the 95 % interval, joint over all such comparisons, lies outside the margin
 *   open     neither: the run is too short, or the node too noisy, to tell
 */
import { mean } from "simple-statistics";
import { ALL_OPERATIONS, type Comparable } from "../domain/condition.ts";
import { NOTHING } from "../domain/limits.ts";
import type { Budget } from "../domain/plan.ts";
import type { Interval } from "../domain/reason.ts";
import type { Equivalence } from "../domain/self-checks.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { type AllCollected, baselineOf } from "./collect.ts";

export const equivalenceOf = (joint: Interval, within: Interval, margin: number | null): Equivalence => {
  if (margin === null || joint.low === null || joint.high === null) return "open";
  if (joint.low > margin || joint.high < -margin) return "failed";
  if (within.low === null || within.high === null) return "open";
  return within.low > -margin && within.high < margin ? "passed" : "open";
};

/** In the metric's unit; null where no budget says what would matter. */
export type MarginOf = (at: Comparable, metric: MetricId) => number | null;

/**
 * Of the scenario's own budget on the metric; of the smallest of its budgets in the same unit where it has none: CPU time that is mistaken on one
 * account is mistaken on the other. Percentages are of the scenario's baseline.
 */
export const marginsOf =
  (budgets: readonly Budget[], collected: AllCollected): MarginOf =>
  (at, metric) => {
    const limits = budgets
      .filter(({ scenario }) => scenario === "*" || scenario === at.scenario)
      .flatMap((budget) => {
        const limit = limitIn(METRICS[metric].unit, budget, at, collected);
        return limit === null ? [] : [{ metric: budget.metric, limit }];
      });
    const own = limits.filter((one) => one.metric === metric);
    const all = (own.length > 0 ? own : limits).map(({ limit }) => limit);
    return all.length === 0 ? null : NOTHING * Math.min(...all);
  };

const limitIn = (unit: string, budget: Budget, at: Comparable, collected: AllCollected): number | null => {
  const { metric, limit } = budget;
  if (metric === "loss" || METRICS[metric].kind !== "paired" || METRICS[metric].unit !== unit) return null;
  if (limit.kind === "absolute") return limit.value;
  const level = baselineLevel(collected, at, metric);
  return level === null ? null : (level * limit.percent) / 100;
};

const baselineLevel = (collected: AllCollected, at: Comparable, metric: MetricId): number | null => {
  const values = ([1, 2] as const).flatMap((which) => {
    const found =
      baselineOf(collected, at, metric, which) ??
      baselineOf(collected, { ...at, operation: ALL_OPERATIONS }, metric, which);
    return found === undefined ? [] : [...found.series.values()];
  });
  return values.length === 0 ? null : mean(values);
};
