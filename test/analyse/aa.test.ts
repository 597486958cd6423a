import { describe, expect, test } from "vitest";
import { aaCheck } from "../../src/analyse/aa.ts";
import { analyse } from "../../src/analyse/analyse.ts";
import { binomialQuantile } from "../../src/analyse/distributions.ts";
import { prepare } from "./support/calibrated.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";
import type { Slot } from "./support/record-builder.ts";

const SCENARIOS = ["process-exec", "file-open", "network-connect", "syscall-tax", "node-service"];

const runOf = (cpuNs: (slot: Slot) => number, blocks = 12, seed = 1): ReturnType<typeof buildRecord> =>
  buildRecord({ blocks, agents: ["calibration-nothing", "falco"], scenarios: SCENARIOS, cpuNs, seed });

// The smallest k at which the exact binomial sum reaches 0.999, added up term by term with exact binomial coefficients.
test.each([
  [0, 0],
  [1, 1],
  [10, 4],
  [40, 7],
  [100, 13],
])("of %d independent comparisons chance rejects at most %d", (trials, most) => {
  expect(binomialQuantile(0.999, trials, 0.05)).toBe(most);
});

describe("the node compared with itself", () => {
  test("is compared by both baselines, and by an agent that starts nothing", () => {
    const next = seededNoise(1);
    const { aa } = analyse(runOf(() => 1000 + 50 * next())).selfChecks;
    expect(new Set(aa.contrasts.map(({ of }) => of))).toEqual(new Set(["baseline", "calibration-nothing"]));
    expect(aa.contrasts).toHaveLength(2 * 3 * SCENARIOS.length);
    expect(aa.rejections).toBe(aa.contrasts.filter(({ rejected }) => rejected).length);
  });

  test("fails where the second baseline is always dearer, and then no cost is judged", () => {
    const next = seededNoise(1);
    const { selfChecks, warnings } = analyse(
      runOf(({ baseline }) => 1000 + 20 * next() + (baseline === 2 ? 200 : 0)),
    );
    expect(selfChecks.aa.rejections).toBeGreaterThanOrEqual(3 * SCENARIOS.length);
    const [failure] = selfChecks.failures;
    expect(failure).toMatchObject({ kind: "aa", comparisons: 30, rejections: selfChecks.aa.rejections });
    expect(warnings[0]).toEqual({ kind: "check-failed", failure });
  });

  test("under 4 blocks has no interval, rejects nothing and fails nothing", () => {
    const { aa, failures } = analyse(runOf(({ baseline }) => (baseline === 2 ? 1200 : 1000), 3)).selfChecks;
    expect(aa.contrasts.every(({ absolute, rejected }) => absolute.low === null && !rejected)).toBe(true);
    expect(aa).toMatchObject({ rejections: 0, mostByChance: 0 });
    expect(failures).toEqual([]);
  });
});

/**
 * CPU time, system time and wall time of the builder's trials are one number times a factor, so their comparisons stand or fall together:
 * the hardest case for a band that takes them for independent.
 */
test("a quiet node rejects about 5 %, and fails the check far more seldom than the binomial band alone would have it", () => {
  const runs = 250;
  const next = seededNoise(31);
  let rejections = 0;
  let contrasts = 0;
  let failed = 0;
  let beyondBinomial = 0;
  for (let run = 0; run < runs; run++) {
    const lines = runOf(() => 1000 * Math.exp(0.1 * next()), 12, run);
    const { record, collected } = prepare(lines);
    const check = aaCheck(collected, record.header.agents, record.blocks);
    rejections += check.rejections;
    contrasts += check.contrasts.length;
    if (check.rejections > check.mostByChance) failed++;
    if (check.rejections > binomialQuantile(0.999, check.contrasts.length, 0.05)) beyondBinomial++;
  }
  expect(rejections / contrasts).toBeGreaterThan(0.03);
  expect(rejections / contrasts).toBeLessThan(0.07);
  expect(failed / runs).toBeLessThanOrEqual(0.01);
  expect(failed).toBeLessThanOrEqual(beyondBinomial);
});
