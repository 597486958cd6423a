/** What each rule of a team's own policy costs and how many events it raises, one beside the other. */
import { groupsBy } from "./groups.ts";
import { conditionOf, keyOf, trialConditionOf } from "../domain/condition.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { PolicyRow } from "../domain/team-policy.ts";
import { DECIDING_METRIC, known, type MetricId } from "../domain/units.ts";
import type { Estimate } from "../domain/verdict.ts";
import { conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { total } from "./ledger.ts";
import { operationsIn } from "./series.ts";

/** By agent and operation: all rules together, then each alone from the dearest on. */
export const policyRows = (
  agents: readonly Pick<AgentStatus, "id" | "policy">[],
  estimates: readonly Estimate[],
  trials: readonly MeasuredTrial[],
): readonly PolicyRow[] => {
  const rows = estimates
    .filter(({ metric }) => metric === DECIDING_METRIC)
    .flatMap((estimate): readonly PolicyRow[] => {
      const policy = agents.find(({ id }) => id === estimate.agent)?.policy;
      if (policy === undefined) return [];
      const at = conditionOf(estimate);
      const costOf = (metric: MetricId): PolicyRow["cost"] =>
        estimates.find((one) => one.metric === metric && keyOf(one) === keyOf(at))?.absolute ?? null;
      return [
        {
          ...at,
          ...policy,
          cost: estimate.absolute,
          workloadCost: costOf("workload-cpu"),
          blocks: estimate.blocks,
          ...eventsIn(
            trials.filter((trial) => keyOf(conditionOfTrial(trial)) === keyOf(trialConditionOf(at))),
          ),
        },
      ];
    });
  return groupsBy(rows, ({ of, scenario, operation, load, placement }) =>
    JSON.stringify([of, scenario, operation, load, placement]),
  ).flatMap((group) => group.toSorted(wholeThenDearest));
};

const wholeThenDearest = (a: PolicyRow, b: PolicyRow): number =>
  Number(b.rule === null) - Number(a.rule === null) ||
  (b.cost?.value ?? -Infinity) - (a.cost?.value ?? -Infinity) ||
  0;

const eventsIn = (trials: readonly MeasuredTrial[]): Pick<PolicyRow, "operations" | "events"> => {
  const counted = trials.flatMap((trial) => {
    const events = trial.outcome.events === undefined ? undefined : known(trial.outcome.events);
    return events === undefined ? [] : [{ events, operations: operationsIn(trial) }];
  });
  const operations = total(counted, (one) => one.operations);
  const written = total(counted, (one) => one.events);
  return {
    operations,
    events: operations === 0 ? null : { written, perOperation: written / operations },
  };
};
