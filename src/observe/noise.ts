/** What disturbed a trial from outside. None of it depends on the effect, so a trial may be judged by it without bias. */
import type { DriverResult, Edge } from "../domain/driver.ts";
import type { NoiseReading } from "../domain/record.ts";
import { missing, type Reading, value } from "../domain/units.ts";

export const PRESSURE = "/proc/pressure/cpu";

/** Total microseconds in which some task waited for a CPU. */
export const parsePressure = (text: string): number | undefined => {
  const total = /^some .*\btotal=(\d+)/m.exec(text)?.[1];
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
    cpuPressurePercent: pressurePercent(driver.edges, windowNs),
    wallOverCpu: cpuNs > 0 ? sum((batch) => batch.wallNs) / cpuNs : 1,
    spinNs: driver.control.spinNs,
    syscallNs: driver.control.syscallNs,
    involuntarySwitches: sum((batch) => batch.involuntarySwitches),
  };
};

const pressurePercent = (edges: readonly Edge[], windowNs: number): Reading<number> => {
  const edge = edges.find((candidate) => candidate.path === PRESSURE);
  if (edge === undefined) return missing(`${PRESSURE} was not read`);
  if ("error" in edge) return missing(`${PRESSURE}: ${edge.error}`);
  const before = parsePressure(edge.before);
  const after = parsePressure(edge.after);
  if (before === undefined || after === undefined) return missing(`${PRESSURE}: unexpected content`);
  return value((100 * (after - before) * 1000) / windowNs);
};
