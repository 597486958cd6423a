/** Finds what belongs together in a summary, in the summary's own order. */
import { BASELINE, isCalibration } from "../domain/plan.ts";
import type { CpuPlacement } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { MetricId } from "../domain/units.ts";
import { METRICS } from "../domain/units.ts";
import type { Estimate, LedgerRow, Summary } from "../domain/verdict.ts";

/** One operation of one scenario under one load: what agents are compared on. */
export interface Group {
  readonly scenario: string;
  readonly operation: string;
  readonly load: string;
  readonly placement: CpuPlacement;
  readonly estimates: readonly Estimate[];
}

/** One scenario under one load: what events are counted for. */
export interface LedgerGroup {
  readonly scenario: string;
  readonly load: string;
  readonly placement: CpuPlacement;
  readonly rows: readonly LedgerRow[];
}

const collect = <T, K>(
  items: readonly T[],
  keyOf: (item: T) => K,
): readonly (readonly [K, readonly T[]])[] => {
  const groups = new Map<string, [K, T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const name = JSON.stringify(key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [key, [item]]);
    else group[1].push(item);
  }
  return [...groups.values()];
};

/**
 * The summary without calibration agents, which are no sensors and must not be compared with any; what they showed stays in `trust`. One
 * that was skipped stays listed as such.
 */
export const sensorsOnly = (summary: Summary): Summary => {
  const isSensor = ({ agent }: { readonly agent: string }): boolean => !isCalibration(agent);
  return {
    ...summary,
    agents: summary.agents.filter((agent) => agent.status === "skipped" || !isCalibration(agent.id)),
    estimates: summary.estimates.filter(isSensor),
    ledger: summary.ledger.filter(isSensor),
    coverage: summary.coverage.filter(isSensor),
    ...(summary.kinds === undefined ? {} : { kinds: summary.kinds.filter(isSensor) }),
    verdicts: summary.verdicts.filter(isSensor),
  };
};

export const groupsOf = (summary: Summary): readonly Group[] =>
  collect(summary.estimates, ({ scenario, operation, load, placement }) => ({
    scenario,
    operation,
    load,
    placement,
  })).map(([key, estimates]) => ({ ...key, estimates }));

export const ledgerGroupsOf = (summary: Summary): readonly LedgerGroup[] =>
  collect(summary.ledger, ({ scenario, load, placement }) => ({ scenario, load, placement })).map(
    ([key, rows]) => ({
      ...key,
      rows,
    }),
  );

/** Stands for all operations of a scenario, where a reading cannot be told apart by operation. */
const ALL_OPERATIONS = "*";

/** "node-service / http", "node-service / all operations". */
export const operationTitle = (at: { readonly scenario: string; readonly operation: string }): string =>
  `${at.scenario} / ${at.operation === ALL_OPERATIONS ? "all operations" : at.operation}`;

export const conditionsOf = (at: { readonly load: string; readonly placement: CpuPlacement }): string =>
  `${at.load}, ${at.placement}`;

export const groupTitle = (group: Group): string => `${operationTitle(group)} (${conditionsOf(group)})`;

/** The agents under test that ran: every measured one but the baseline. */
export const testedAgents = (summary: Summary): readonly AgentStatus[] =>
  summary.agents.filter((agent) => agent.status === "measured" && agent.id !== BASELINE);

/** What could be said of the agents at all: of those that ran, what they cost, or only what they delivered, or nothing. */
export const extentOf = (summary: Summary): "costs" | "no baseline" | "nothing" | "no agent" => {
  if (testedAgents(summary).length === 0) return "no agent";
  if (summary.estimates.length === 0 && summary.ledger.length === 0) return "nothing";
  return summary.estimates.some(({ metric }) => isPaired(metric)) ? "costs" : "no baseline";
};

export const skippedAgents = (summary: Summary): readonly AgentStatus[] =>
  summary.agents.filter((agent) => agent.status === "skipped");

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

export const isExploratory = (estimate: Estimate): boolean =>
  estimate.absolute.low === null || estimate.absolute.high === null;

/** Read from the clock, and so not valid where the CPUs were contended. */
export const isWallClock = (metric: MetricId): boolean =>
  metric === "wall" || metric.startsWith("latency-") || metric.startsWith("response-");

export const isPaired = (metric: MetricId): boolean => METRICS[metric].kind === "paired";

/** Agents under test that have no figure at all in a group, and why. */
export const withoutEstimates = (
  summary: Summary,
  group: Group,
): readonly { readonly agent: string; readonly why: string }[] =>
  testedAgents(summary)
    .filter(({ id }) => !group.estimates.some((estimate) => estimate.agent === id))
    .map(({ id }) => ({
      agent: id,
      why: summary.coverage.some(
        (gap) => gap.agent === id && gap.scenario === group.scenario && gap.seen === undefined,
      )
        ? "not observed by design"
        : "no valid block",
    }));
