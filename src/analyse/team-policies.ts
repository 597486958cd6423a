/** What each rule of a team's own policy costs and how many events it raises, one beside the other. */
import { median } from "simple-statistics";
import { groupsBy } from "./groups.ts";
import {
  ALL_OPERATIONS,
  comparableOf,
  type Condition,
  conditionOf,
  keyOf,
  trialConditionOf,
} from "../domain/condition.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import { type PolicyRow, TeamPolicy } from "../domain/team-policy.ts";
import { DECIDING_METRIC, known, type MetricId } from "../domain/units.ts";
import type { Estimate } from "../domain/verdict.ts";
import { conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { total } from "./ledger.ts";
import { operationsIn } from "./series.ts";

/** By agent and operation: all rules together, then each alone from the dearest on, then none of them. */
export const policyRows = (
  agents: readonly Pick<AgentStatus, "id" | "policy">[],
  estimates: readonly Estimate[],
  trials: readonly MeasuredTrial[],
): readonly PolicyRow[] => {
  // In the order of the estimates; what has no cost that could be told still has its events.
  const costs = estimates.filter(({ metric }) => metric === DECIDING_METRIC);
  const conditions = groupsBy([...costs.map(conditionOf), ...trials.map(wholeOf)], keyOf).map(([at]) => at);
  const rows = conditions.flatMap((at): readonly PolicyRow[] => {
    const policy = agents.find(({ id }) => id === at.agent)?.policy;
    if (policy === undefined) return [];
    const of = (metric: MetricId): Estimate | undefined =>
      estimates.find((one) => one.metric === metric && keyOf(one) === keyOf(at));
    const own = trials.filter((trial) => keyOf(conditionOfTrial(trial)) === keyOf(trialConditionOf(at)));
    return [
      {
        ...at,
        ...policy,
        cost: of(DECIDING_METRIC)?.absolute ?? null,
        workloadCost: of("workload-cpu")?.absolute ?? null,
        agentCost: of("agent-cpu")?.absolute ?? null,
        blocks: of(DECIDING_METRIC)?.blocks ?? 0,
        ...eventsIn(own),
      },
    ];
  });
  return groupsBy(rows, ({ of }) => of).flatMap((own) =>
    groupsBy(own, (row) => keyOf(comparableOf(row))).flatMap((group) => group.toSorted(wholeThenDearest)),
  );
};

/** The node's CPU time is not told apart by operation. */
const wholeOf = (trial: MeasuredTrial): Condition => {
  const { operations } = trial.outcome.driver;
  const [first] = operations;
  const operation = operations.length === 1 && first !== undefined ? first.operation : ALL_OPERATIONS;
  return { ...conditionOfTrial(trial), operation };
};

const PARTS = TeamPolicy.shape.part.options;

const wholeThenDearest = (a: PolicyRow, b: PolicyRow): number =>
  PARTS.indexOf(a.part) - PARTS.indexOf(b.part) ||
  (b.cost?.value ?? -Infinity) - (a.cost?.value ?? -Infinity) ||
  0;

/** The median over the trials: other programs raise events in bursts. */
const eventsIn = (trials: readonly MeasuredTrial[]): Pick<PolicyRow, "events"> => {
  const counts = trials.flatMap((trial) => {
    const written = trial.outcome.events === undefined ? undefined : known(trial.outcome.events);
    const operations = operationsIn(trial);
    return written === undefined || operations === 0 ? [] : [{ written, perOperation: written / operations }];
  });
  return {
    events:
      counts.length === 0
        ? null
        : {
            trials: counts.length,
            written: total(counts, ({ written }) => written),
            perOperation: median(counts.map(({ perOperation }) => perOperation)),
          },
  };
};
