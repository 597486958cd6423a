/** What is shown of the trials themselves: their readings over the time of the run, and what kernel threads did for an agent. */
import { mean } from "simple-statistics";
import { BASELINE } from "../domain/plan.ts";
import type { KernelThreads, TrialReadings } from "../domain/run-view.ts";
import { type Reading, known } from "../domain/units.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { BYTES_PER_MIB, operationsIn } from "./series.ts";

export const readingsOf = (trial: MeasuredTrial): TrialReadings => {
  const { id, block, baseline, startedAt, outcome } = trial;
  const { cpu, memory, noise } = outcome;
  const cores = (ns: Reading<number>): number | null =>
    cpu.windowNs > 0 ? scaled(ns, 1 / cpu.windowNs) : null;
  return {
    ...conditionOfTrial(trial),
    id,
    block,
    baseline,
    startedAt,
    systemCores: cores(cpu.systemBusyNs),
    agentCores: cores(cpu.agentNs),
    memoryMiB: scaled(memory.pssBytes, 1 / BYTES_PER_MIB),
    stealPercent: scaled(noise.stealPercent, 1),
  };
};

const scaled = (reading: Reading<number>, factor: number): number | null => {
  const amount = known(reading);
  return amount === undefined || !Number.isFinite(amount) ? null : amount * factor;
};

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
