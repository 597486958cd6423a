/** What disturbed a trial from outside. None of it depends on the effect, so that a trial may be judged by it without bias. */
import type { Batch, BoundarySnapshot, DriverResult } from "../domain/driver.ts";
import type { NoiseReading } from "../domain/trial-outcome.ts";
import { type Reading, value } from "../domain/units.ts";
import { increase } from "./snapshots.ts";

export const PRESSURE = "/proc/pressure/cpu";

/** Total microseconds in which some task waited for a CPU. */
export const parsePressure = (text: string): number | undefined => {
  const total = /^some .*\btotal=(\d{1,20})\b/m.exec(text)?.[1];
  return total === undefined ? undefined : Number(total);
};

const sumOf = ({ operations }: DriverResult, pick: (batch: Batch) => number): number =>
  operations.flatMap((operation) => operation.batches).reduce((total, batch) => total + pick(batch), 0);

/** What is left of the node's CPU time: that of processes which have nothing to do with the trial, as far as anybody knows. */
export const othersCores = (
  driver: DriverResult,
  { systemBusyNs, agentNs, helpersNs }: WindowCpu,
): Reading<number> => {
  if (systemBusyNs.kind === "missing") return systemBusyNs;
  if (agentNs.kind === "missing") return agentNs;
  const workload = sumOf(driver, ({ cpuNs, paceCpuNs = 0 }) => cpuNs + paceCpuNs);
  const helpers = Object.values(helpersNs).reduce((sum, ns) => sum + ns, 0);
  const others = systemBusyNs.value - workload - agentNs.value - helpers;
  // Clocks that are read one after the other may disagree by a little.
  return value(Math.max(0, others) / (driver.endNs - driver.startNs));
};

interface WindowCpu {
  readonly systemBusyNs: Reading<number>;
  readonly agentNs: Reading<number>;
  readonly helpersNs: Readonly<Record<string, number>>;
}

export const readNoise = (
  driver: DriverResult,
  stealPercent: Reading<number>,
  others: Reading<number>,
): NoiseReading => {
  const windowNs = driver.endNs - driver.startNs;
  const sum = (pick: (batch: Batch) => number): number => sumOf(driver, pick);
  const cpuNs = sum((batch) => batch.cpuNs);
  return {
    stealPercent,
    cpuPressurePercent: pressurePercent(driver.snapshots, windowNs),
    othersCores: others,
    wallOverCpu: cpuNs > 0 ? sum((batch) => batch.wallNs) / cpuNs : 1,
    spinNs: driver.control.spinNs,
    syscallNs: driver.control.syscallNs,
    involuntarySwitches: sum((batch) => batch.involuntarySwitches),
  };
};

const pressurePercent = (snapshots: readonly BoundarySnapshot[], windowNs: number): Reading<number> => {
  const waited = increase(snapshots, PRESSURE, parsePressure);
  return waited.kind === "missing" ? waited : value((100 * waited.value * 1000) / windowNs);
};
