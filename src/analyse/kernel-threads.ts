/** CPU time of kernel threads and daemons that work for an agent (kauditd, journald ...), from the trials themselves. */
import { mean } from "simple-statistics";
import { BASELINE } from "../domain/plan.ts";
import type { KernelThreads } from "../domain/run-view.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { operationsIn } from "./series.ts";

/** In the order of the trials; threads that no trial of the agent knows are left out. */
export const kernelThreadsOf = (trials: readonly MeasuredTrial[]): readonly KernelThreads[] => {
  const groups = Map.groupBy(
    trials.filter((trial) => operationsIn(trial) > 0),
    (trial) => cellName(conditionOfTrial(trial)),
  );
  return [...groups.values()].flatMap((group): readonly KernelThreads[] => {
    const [first] = group;
    if (first === undefined || first.agent === BASELINE) return [];
    const at = conditionOfTrial(first);
    const without = groups.get(cellName({ ...at, agent: BASELINE })) ?? [];
    const names = new Set(group.flatMap(({ outcome }) => Object.keys(outcome.cpu.helpersNs)));
    return [
      {
        ...at,
        threads: [...names].map((name) => ({ name, ns: timeOf(name, group) - timeOf(name, without) })),
      },
    ];
  });
};

/** ns for each operation, mean over the trials that know the thread. One that was not there took no time. */
const timeOf = (name: string, trials: readonly MeasuredTrial[]): number => {
  const times = trials.flatMap((trial) => {
    const ns = trial.outcome.cpu.helpersNs[name];
    return ns === undefined ? [] : [ns / operationsIn(trial)];
  });
  return times.length === 0 ? 0 : mean(times);
};
