/** Finds what belongs together in a run's view, in the view's own order. */
import { comparableOf, keyOf, trialConditionOf } from "../domain/condition.ts";
import type { Comparable, TrialCondition } from "../domain/condition.ts";
import type { AgentView, RunView } from "../domain/run-view.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import type { Estimate, LedgerRow } from "../domain/verdict.ts";
import { operationTitle } from "./words/figures.ts";

export interface Group extends Comparable {
  readonly estimates: readonly Estimate[];
}

export interface LedgerGroup extends Omit<TrialCondition, "agent"> {
  readonly rows: readonly LedgerRow[];
}

/** Calibration agents are no sensors and must not be compared with any. */
export const calibrationIds = ({ agents }: Pick<RunView, "agents">): ReadonlySet<string> =>
  new Set(agents.filter(({ role }) => role === "calibration").map(({ id }) => id));

/** The view without calibration agents; what they showed stays in the self-checks. One that was skipped stays listed as such. */
export const sensorsOnly = (view: RunView): RunView => {
  const calibrations = calibrationIds(view);
  const isSensor = ({ agent }: { readonly agent: string }): boolean => !calibrations.has(agent);
  return {
    ...view,
    agents: view.agents.filter(({ status, role }) => status === "skipped" || role !== "calibration"),
    estimates: view.estimates.filter(isSensor),
    ledger: view.ledger.filter(isSensor),
    deliveries: view.deliveries.filter(isSensor),
    loneEvents: view.loneEvents.filter(isSensor),
    distributions: view.distributions.filter(isSensor),
    kernelThreads: view.kernelThreads.filter(isSensor),
    trials: view.trials.filter(isSensor),
    coverage: view.coverage.filter(isSensor),
    kinds: view.kinds.filter(isSensor),
    overflow: view.overflow.filter(isSensor),
    ...(view.underLoad === undefined
      ? {}
      : { underLoad: { ...view.underLoad, rows: view.underLoad.rows.filter(isSensor) } }),
    watched: { atRest: view.watched.atRest.filter(isSensor), churn: view.watched.churn.filter(isSensor) },
    neighbours: view.neighbours.map((one) => ({ ...one, agents: one.agents.filter(isSensor) })),
    verdicts: view.verdicts.filter(isSensor),
  };
};

/** Items with the same key, in the order of the first of each. */
export const groupsBy = <T>(
  items: readonly T[],
  keyOf: (item: T) => unknown,
): readonly (readonly [T, ...T[]])[] =>
  [...Map.groupBy(items, keyOf).values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [[first, ...rest] as const],
  );

export const groupsOf = ({ estimates }: Pick<RunView, "estimates">): readonly Group[] =>
  groupsBy(estimates, (one) => keyOf(comparableOf(one))).map((members) => ({
    ...comparableOf(members[0]),
    estimates: members,
  }));

export const ledgerGroupsOf = ({ ledger }: Pick<RunView, "ledger">): readonly LedgerGroup[] =>
  groupsBy(ledger, ({ scenario, load, placement }) => keyOf({ scenario, load, placement })).map((rows) => {
    const [{ scenario, load, placement }] = rows;
    return { scenario, load, placement, rows };
  });

export const under = <T extends TrialCondition>(items: readonly T[], at: TrialCondition): T | undefined => {
  const key = keyOf(trialConditionOf(at));
  return items.find((one) => keyOf(trialConditionOf(one)) === key);
};

export { operationTitle };

export const conditionsOf = (at: Pick<Comparable, "load" | "placement">): string =>
  `${at.load}, ${at.placement}`;

export const groupTitle = (group: Comparable): string => `${operationTitle(group)} (${conditionsOf(group)})`;

export const loadTitle = (at: Omit<TrialCondition, "agent">): string =>
  `${at.scenario} (${conditionsOf(at)})`;

export const testedAgents = ({ agents }: Pick<RunView, "agents">): readonly AgentView[] =>
  agents.filter(({ status, role }) => status === "measured" && role !== "baseline");

/** What could be said of the agents at all: of those that ran, what they cost, or only what they delivered, or nothing. */
export const extentOf = (view: RunView): "costs" | "no baseline" | "nothing" | "no agent" => {
  if (testedAgents(view).length === 0) return "no agent";
  if (view.estimates.length === 0 && view.ledger.length === 0) return "nothing";
  return view.estimates.some(({ metric }) => isPaired(metric)) ? "costs" : "no baseline";
};

export const skippedAgents = ({ agents }: Pick<RunView, "agents">): readonly AgentView[] =>
  agents.filter((agent) => agent.status === "skipped");

export const find = (group: Group, agent: string, metric: MetricId): Estimate | undefined =>
  group.estimates.find((estimate) => estimate.agent === agent && estimate.metric === metric);

export const hasMetric = (group: Group, metric: MetricId): boolean =>
  group.estimates.some((estimate) => estimate.metric === metric);

/** Costs in the order in which they deserve trust on a shared machine; the first that exists is the headline. */
const HEADLINE: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall", "latency-p50", "response-p50"];

export const headlineMetric = (group: Group): MetricId | undefined =>
  HEADLINE.find((metric) => hasMetric(group, metric));

/** The baseline's median of a metric in a group; null where no agent's estimate tells it. */
export const baselineOf = (group: Group, metric: MetricId): number | null =>
  group.estimates.find((estimate) => estimate.metric === metric && estimate.baseline !== null)?.baseline ??
  null;

export const isExploratory = ({ absolute }: Estimate): boolean =>
  absolute.low === null || absolute.high === null;

export const isPaired = (metric: MetricId): boolean => METRICS[metric].kind === "paired";

/** Agents under test that have no figure at all in a group, and why. */
export const withoutEstimates = (
  view: RunView,
  group: Group,
): readonly { readonly agent: string; readonly why: string }[] =>
  testedAgents(view)
    .filter(({ id }) => !group.estimates.some((estimate) => estimate.agent === id))
    .map(({ id }) => ({
      agent: id,
      why: view.coverage.some(
        (gap) => gap.agent === id && gap.scenario === group.scenario && gap.seen === undefined,
      )
        ? "not observed by design"
        : "no valid block",
    }));
