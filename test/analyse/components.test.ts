import { describe, expect, test } from "vitest";
import { varianceComponents } from "../../src/analyse/components.ts";
import { chiSquareQuantile, fQuantile } from "../../src/analyse/distributions.ts";
import { effectiveRecord } from "../../src/analyse/effective-record.ts";
import type { VarianceComponents } from "../../src/domain/components.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";

interface Spread {
  readonly process: number;
  readonly turn: number;
  readonly block: number;
}

interface Choices {
  readonly blocks?: number;
  readonly agents?: readonly string[];
  readonly protocol?: 1 | 2;
  readonly seed?: number;
}

const PROCESSES = 5;

/** 1000 ns for each operation, with spread at every level in percent. */
const runOf = (
  { process, turn, block }: Spread,
  { blocks = 400, agents = ["falco", "auditd"], protocol = 2, seed = 3 }: Choices = {},
): readonly VarianceComponents[] => {
  const next = seededNoise(seed);
  const ofBlock = Array.from({ length: blocks }, () => block * next());
  return varianceComponents(
    effectiveRecord(
      buildRecord({
        blocks,
        agents,
        outcome: (slot, usual) => {
          const level = 1 + (turn * next() + (ofBlock[slot.block] ?? 0)) / 100;
          const batches = Array.from({ length: PROCESSES }, () => ({
            operations: 100,
            wallNs: 100_000,
            cpuNs: 100_000 * (slot.agent === "auditd" ? 3 : 1) * (level + (process * next()) / 100),
            userNs: 0,
            systemNs: 0,
            voluntarySwitches: 0,
            involuntarySwitches: 0,
          }));
          const operations = usual.driver.operations.map((one) => ({ ...one, batches }));
          return { ...usual, driver: { ...usual.driver, protocol, operations } };
        },
      }),
    ),
  );
};

test("what was put in at each level comes out, for the baseline and for the sensors", () => {
  const found = runOf({ process: 5, turn: 2, block: 8 });
  expect(found.map(({ of }) => of)).toEqual(["baseline", "sensors"]);
  for (const { processes, turns, blocks } of found) {
    for (const [part, truth] of [
      [processes, 5],
      [turns, 2],
      [blocks, 8],
    ] as const) {
      expect(part?.sd.low).toBeLessThan(truth);
      expect(part?.sd.high).toBeGreaterThan(truth);
      expect(Math.abs((part?.sd.value ?? 0) / truth - 1)).toBeLessThan(0.25);
    }
  }
  expect(found[0]).toMatchObject({ processes: { n: 3200 }, turns: { n: 399 }, blocks: { n: 399 } });
});

test("the intervals hold the truth as often as they promise", () => {
  const runs = 400;
  const truths = { processes: 5, turns: 3, blocks: 6 };
  const held = { processes: 0, turns: 0, blocks: 0 };
  for (let seed = 0; seed < runs; seed++) {
    const [found] = runOf({ process: 5, turn: 3, block: 6 }, { blocks: 8, agents: [], seed });
    for (const part of ["processes", "turns", "blocks"] as const) {
      const { low, high } = found?.[part]?.sd ?? { low: null, high: null };
      if (low !== null && high !== null && low <= truths[part] && truths[part] <= high) held[part]++;
    }
  }
  // 3.29 standard deviations of a share of 0.95 in 400 are 0.036. The upper two are approximate, and wide rather than narrow.
  expect(Math.abs(held.processes / runs - 0.95)).toBeLessThan(0.036);
  expect(held.turns / runs).toBeGreaterThan(0.95 - 0.036);
  expect(held.blocks / runs).toBeGreaterThan(0.95 - 0.036);
});

describe("the best number of processes", () => {
  test("is that of Kalibera and Jones", () => {
    const [found] = runOf({ process: 6, turn: 2, block: 1 });
    const { secondsPerTurn, secondsPerProcess, processes, turns, bestProcessesPerTurn } = found ?? {};
    const ratio = ((processes?.sd.value ?? 0) / (turns?.sd.value ?? 1)) ** 2;
    const best = Math.sqrt(((secondsPerTurn ?? 0) / (secondsPerProcess ?? 1)) * ratio);
    expect(bestProcessesPerTurn).toBe(Math.max(1, Math.round(best)));
    expect(found?.processesPerTurn).toBe(PROCESSES);
  });

  test("is not told where turns do not differ beyond their processes", () => {
    const none = [1, 2, 3, 4, 5, 6].flatMap((seed) =>
      runOf({ process: 5, turn: 0, block: 0 }, { blocks: 6, seed }).filter(
        ({ turns }) => turns?.sd.value === 0,
      ),
    );
    expect(none.length).toBeGreaterThan(0);
    for (const one of none) expect(one.bestProcessesPerTurn).toBeNull();
  });
});

test("where one process did all batches, its spread is in that of the turns and is not called nothing", () => {
  const [found] = runOf({ process: 5, turn: 2, block: 1 }, { protocol: 1 });
  expect(found).toMatchObject({ processes: null, bestProcessesPerTurn: null, processesPerTurn: 1 });
  expect(found?.turns?.sd.value).toBeCloseTo(Math.sqrt(4 + 25 / PROCESSES), 0);
});

test("one sensor alone cannot tell its turns from its blocks", () => {
  const [, sensors] = runOf({ process: 5, turn: 2, block: 1 }, { agents: ["falco"], blocks: 5 });
  expect(sensors).toMatchObject({ of: "sensors", processes: { n: 20 }, turns: null, blocks: null });
});

test("the quantiles are those of scipy", () => {
  // scipy 1.17: f.ppf(.975, 11, 48), chi2.ppf(.975, 4), chi2.ppf(.025, 320)
  expect(fQuantile(0.975, 11, 48)).toBeCloseTo(2.274481478999659, 9);
  expect(chiSquareQuantile(0.975, 4)).toBeCloseTo(11.143286781877796, 4);
  expect(chiSquareQuantile(0.025, 320)).toBeCloseTo(272.3370055733919, 2);
});

test("where no block holds every column, as in a record that lost lines, there is nothing to tell", () => {
  const lines = buildRecord({ blocks: 2, agents: [] }).filter(
    (line) => line.type !== "trial" || line.baseline === (line.block === 0 ? 1 : 2),
  );
  expect(varianceComponents(effectiveRecord(lines))).toEqual([]);
});

test("where the clock is too coarse for any CPU time, there is nothing to tell", () => {
  const lines = buildRecord({ blocks: 4, agents: ["falco"], cpuNs: () => 0 });
  expect(varianceComponents(effectiveRecord(lines))).toEqual([]);
});
