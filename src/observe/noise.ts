/** What disturbed a trial from outside. None of it depends on the effect, so a trial may be judged by it without bias. */
import type { DriverResult, BoundarySnapshot } from "../domain/driver.ts";
import type { NoiseReading } from "../domain/record.ts";
import { type Reading, value } from "../domain/units.ts";
import { increase } from "./snapshots.ts";

export const PRESSURE = "/proc/pressure/cpu";

/** Total microseconds in which some task waited for a CPU. */
export const parsePressure = (text: string): number | undefined => {
  const total = /^some .*\btotal=(\d{1,20})\b/m.exec(text)?.[1];
  return total === undefined ? undefined : Number(total);
};

export const readNoise = (driver: DriverResult, stealPercent: Reading<number>): NoiseReading => {
  const windowNs = driver.endNs - driver.startNs;
  const batches = driver.operations.flatMap((operation) => operation.batches);
  const sum = (pick: (batch: (typeof batches)[number]) => number): number =>
    batches.reduce((total, batch) => total + pick(batch), 0);
  const cpuNs = sum((batch) => batch.cpuNs);
  return {
    stealPercent,
    cpuPressurePercent: pressurePercent(driver.snapshots, windowNs),
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
