/** Trials that were disturbed from outside, judged by readings that do not depend on what an agent costs. */
import { median } from "simple-statistics";
import {
  MAX_PRESSURE_PERCENT,
  MAX_SPIN_CHANGE,
  MAX_STEAL_PERCENT,
  MAX_WALL_OVER_CPU,
} from "../domain/limits.ts";
import { BASELINE } from "../domain/plan.ts";
import type { NoiseSign } from "../domain/self-checks.ts";
import { type Reading, known, value } from "../domain/units.ts";
import type { Warning } from "../domain/warning.ts";
import type { MeasuredTrial } from "./effective-record.ts";

const above = (reading: Reading<number>, limit: number): Reading<boolean> =>
  reading.kind === "missing" ? reading : value(reading.value > limit);

interface Sign {
  readonly sign: NoiseSign["sign"];
  readonly concerns: (trial: MeasuredTrial) => boolean;
  /** Missing where the reading is: what could not be read is neither quiet nor noisy. */
  readonly shows: (trial: MeasuredTrial) => Reading<boolean>;
}

const always = (): boolean => true;

const SIGNS: readonly Sign[] = [
  {
    sign: "steal",
    concerns: always,
    shows: ({ outcome }) => above(outcome.noise.stealPercent, MAX_STEAL_PERCENT),
  },
  {
    sign: "cpu-pressure",
    // Under an agent, its own work presses on the CPUs, and that is its cost.
    concerns: ({ agent }) => agent === BASELINE,
    shows: ({ outcome }) => above(outcome.noise.cpuPressurePercent, MAX_PRESSURE_PERCENT),
  },
  {
    sign: "wall-over-cpu",
    // An open loop sleeps until its operations are due.
    concerns: ({ load }) => load.kind === "closed",
    shows: ({ outcome }) => value(outcome.noise.wallOverCpu > MAX_WALL_OVER_CPU),
  },
  {
    sign: "control-loop",
    concerns: always,
    shows: ({ outcome }) => {
      const [before, after] = outcome.noise.spinNs;
      return value(Math.abs(after - before) > MAX_SPIN_CHANGE * before);
    },
  },
];

const readAll = (trials: readonly MeasuredTrial[]) =>
  SIGNS.map(({ sign, concerns, shows }) => {
    const readings = trials.filter(concerns).map(shows);
    const reasons = readings.flatMap((reading) => (reading.kind === "missing" ? [reading.reason] : []));
    const shown = readings.filter((reading) => known(reading) === true).length;
    return { sign, trials: readings.length, shown, unread: reasons.length, reasons: [...new Set(reasons)] };
  });

export const noiseSigns = (trials: readonly MeasuredTrial[]): readonly NoiseSign[] =>
  readAll(trials).map(({ reasons: _reasons, ...sign }) => sign);

export const noiseWarnings = (trials: readonly MeasuredTrial[]): readonly Warning[] =>
  readAll(trials).flatMap(({ sign, trials: asked, shown, unread, reasons }): readonly Warning[] => [
    ...(shown === 0 ? [] : [{ kind: "noise", sign, shown, trials: asked } as const]),
    ...(unread === 0 ? [] : [{ kind: "noise-not-read", sign, unread, trials: asked, reasons } as const]),
  ]);

/** A loop that needs a CPU all the time had none for a fifth of it: 1 / (1 - 0.2). */
const MAX_MEDIAN_WALL_OVER_CPU = 1.25;

/**
 * Judged by the baseline alone: under an agent, its own work is what the workload waits for. Either sign is enough: most baseline trials
 * under pressure, or closed pinned loops, which never wait for anything but a CPU, that took too long in the median.
 */
export const isContended = (trials: readonly MeasuredTrial[]): boolean => {
  const baselines = trials.filter((trial) => trial.agent === BASELINE);
  const pressures = baselines
    .map(({ outcome }) => known(outcome.noise.cpuPressurePercent))
    .filter((one) => one !== undefined);
  const pressed = pressures.filter((one) => one > MAX_PRESSURE_PERCENT).length;
  if (2 * pressed > pressures.length) return true;
  const waits = baselines
    .filter((trial) => trial.load.kind === "closed" && trial.placement === "pinned")
    .map(({ outcome }) => outcome.noise.wallOverCpu);
  return waits.length > 0 && median(waits) > MAX_MEDIAN_WALL_OVER_CPU;
};
