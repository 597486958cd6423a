/** Whether the node was so busy with other things that the clock tells more about the neighbours than about an agent. */
import { median } from "simple-statistics";
import { MAX_PRESSURE_PERCENT } from "../domain/limits.ts";
import { BASELINE } from "../domain/plan.ts";
import { known } from "../domain/units.ts";
import type { MeasuredTrial } from "./effective-record.ts";

/** A loop that needs a CPU all the time had none for a fifth of it: 1 / (1 - 0.2). */
const MAX_WALL_OVER_CPU = 1.25;

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
  return waits.length > 0 && median(waits) > MAX_WALL_OVER_CPU;
};
