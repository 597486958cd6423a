/** The order in which a summary lists things: the plan's, so that it does not depend on the shuffled order of the trials. */
import type { Plan } from "../domain/plan.ts";

export interface Place {
  readonly agent: string;
  readonly scenario: string;
  readonly operation?: string;
  readonly load: string;
  readonly placement: string;
}

export type Compare<T> = (a: T, b: T) => number;

const rank = (list: readonly string[], item: string): number => {
  const index = list.indexOf(item);
  return index < 0 ? list.length : index;
};

/** By code unit, the same in every locale. */
export const compareText: Compare<string> = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** The offered rate in a load's name; a closed loop, which has none, comes first. */
const rateIn = (load: string): number => Number(/@([\d.]+)/.exec(load)?.[1] ?? -1);

/** Scenario, load, placement, operation, then agent: what is compared stands together. */
export const byPlan =
  (plan: Plan): Compare<Place> =>
  (a, b) =>
    rank(plan.scenarios, a.scenario) - rank(plan.scenarios, b.scenario) ||
    compareText(a.scenario, b.scenario) ||
    rateIn(a.load) - rateIn(b.load) ||
    compareText(a.load, b.load) ||
    compareText(a.placement, b.placement) ||
    compareText(a.operation ?? "", b.operation ?? "") ||
    rank(plan.agents, a.agent) - rank(plan.agents, b.agent) ||
    compareText(a.agent, b.agent);
