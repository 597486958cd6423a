/** What is shown of each trial over the time of the run. */
import type { TrialReadings } from "../domain/run-view.ts";
import { type Reading, known } from "../domain/units.ts";
import { conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { BYTES_PER_MIB } from "./series.ts";

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
