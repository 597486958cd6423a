/** What is shown of the trials themselves: their readings over the time of the run, and what kernel threads did for an agent. */
import { mean } from "simple-statistics";
import { keyOf } from "../domain/condition.ts";
import { own } from "../domain/own.ts";
import { BASELINE } from "../domain/plan.ts";
import type { KernelThreads, LatencyDistribution, Percentile, TrialReadings } from "../domain/run-view.ts";
import { type Reading, known } from "../domain/units.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { groupsBy } from "./groups.ts";
import { pool } from "./histogram.ts";
import { total } from "./ledger.ts";
import { BYTES_PER_MIB, operationsIn, timesEach } from "./series.ts";

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
    const ns = own(trial.outcome.cpu.helpersNs, name);
    return ns === undefined ? [] : [ns / operationsIn(trial)];
  });
  return times.length === 0 ? 0 : mean(times);
};

/** A percentile is told where at least this many operations lie beyond it: p99 from 10 000 operations on. */
const BEYOND = 100;

/** Shares at which curves are drawn: even steps, then ten steps for each further nine. */
const SHARES: readonly number[] = [
  ...Array.from({ length: 18 }, (_, index) => (index * 5) / 100),
  ...[1, 2, 3, 4, 5].flatMap((nines) =>
    Array.from({ length: 9 }, (_, index) => 1 - 10 ** -nines * (1 - index / 10)),
  ),
].filter((share) => share > 0);

const TIMED = ["service", "response"] as const;

export const latencyDistributions = (trials: readonly MeasuredTrial[]): readonly LatencyDistribution[] =>
  groupsBy(trials.flatMap(histogramsIn), ({ at, timed }) => `${keyOf(at)} ${timed}`).flatMap(
    (group): readonly LatencyDistribution[] => {
      const [first] = group;
      const { buckets } = pool(group.map(({ histogram }) => histogram));
      const operations = total(buckets, ([, count]) => count);
      const percentiles = percentilesOf(buckets, operations);
      return percentiles.length === 0
        ? []
        : [{ ...first.at, timed: first.timed, operations, trials: group.length, percentiles }];
    },
  );

/** Operations timed in groups have fewer entries: their curve would be that of means. */
const histogramsIn = (trial: MeasuredTrial) =>
  trial.outcome.driver.operations.flatMap((result) =>
    TIMED.flatMap((timed) => {
      const histogram = result[timed];
      return histogram === null || !timesEach(result, histogram)
        ? []
        : [{ at: { ...conditionOfTrial(trial), operation: result.operation }, timed, histogram }];
    }),
  );

const percentilesOf = (
  buckets: readonly (readonly [number, number])[],
  operations: number,
): readonly Percentile[] => {
  const found: Percentile[] = [];
  let below = 0;
  let next = 0;
  for (const [ns, count] of buckets) {
    below += count;
    for (let share = SHARES[next]; share !== undefined && below >= share * operations; share = SHARES[next]) {
      if (operations * (1 - share) >= BEYOND * (1 - 1e-9)) found.push({ share, ns });
      next += 1;
    }
  }
  return found;
};
