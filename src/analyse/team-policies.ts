/** What each rule of a team's own policy costs and how many events it raises, one beside the other. */
import { median } from "simple-statistics";
import { groupsBy } from "./groups.ts";
import { comparableOf, conditionOf, keyOf, trialConditionOf } from "../domain/condition.ts";
import type { AgentStatus } from "../domain/record.ts";
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
  return groupsBy(rows, ({ of }) => of).flatMap((own) =>
    groupsBy(own, (row) => keyOf(comparableOf(row))).flatMap((group) => group.toSorted(wholeThenDearest)),
  );
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
