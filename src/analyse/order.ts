/** The order in which a summary lists things: the plan's, so that it does not depend on the shuffled order of the trials. */
import type { Condition, TrialCondition } from "../domain/condition.ts";
import { type Plan, trialsIn } from "../domain/plan.ts";
import { loadName, offeredRate } from "../domain/scenario.ts";

export type Compare<T> = (a: T, b: T) => number;

const rank = (list: readonly string[], item: string): number => {
  const index = list.indexOf(item);
  return index < 0 ? list.length : index;
};

/** By code unit, the same in every locale. */
export const compareText: Compare<string> = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** Scenario, load (a closed loop before open ones, and these by rate), placement, operation, then agent: what is compared stands together. */
export const byPlan = (plan: Plan): Compare<TrialCondition & Partial<Condition>> => {
  const rates = new Map(trialsIn(plan).map(({ load }) => [loadName(load), offeredRate(load) ?? -1] as const));
  const rateOf = (load: string): number => rates.get(load) ?? -1;
  return (a, b) =>
    rank(plan.scenarios, a.scenario) - rank(plan.scenarios, b.scenario) ||
    compareText(a.scenario, b.scenario) ||
    rateOf(a.load) - rateOf(b.load) ||
    compareText(a.load, b.load) ||
    compareText(a.placement, b.placement) ||
    compareText(a.operation ?? "", b.operation ?? "") ||
    rank(plan.agents, a.agent) - rank(plan.agents, b.agent) ||
    compareText(a.agent, b.agent);
};
