import { describe, expect, test } from "vitest";
import type { Budget } from "../../src/domain/plan.ts";
import { analyse } from "../../src/analyse/analyse.ts";
import { candidatesOf } from "../../src/analyse/estimate.ts";
import { plainMean } from "../../src/analyse/mean.ts";
import { minimalDetectable } from "../../src/analyse/power.ts";
import { sampleOf } from "../../src/analyse/sample.ts";
import { calibrations, leastSquares } from "../../src/analyse/calibration.ts";
import { isMeasured } from "../../src/analyse/effective-record.ts";
import { DOSES, calibratedRun, prepare } from "./support/calibrated.ts";
import { operationOf, seededNoise } from "./support/record-builder.ts";
import type { Slot } from "./support/record-builder.ts";

const COST: Budget = { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 5 } };
const LOSS: Budget = { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 5 } };

const noiseOf = (sd: number, seed = 9): (() => number) => {
  const next = seededNoise(seed);
  return () => sd * next();
};

test("a line through points is found with what it leaves over", () => {
  expect(leastSquares([0, 1, 2].map((x) => ({ x, y: 3 + 2 * x })))).toEqual({
    slope: 2,
    intercept: 3,
    squares: 0,
  });
  // By hand: means 1 and 2, slope 3/2, intercept 1/2, residuals 1/2, -1, 1/2.
  const line = leastSquares([
    { x: 0, y: 1 },
    { x: 1, y: 1 },
    { x: 2, y: 4 },
  ]);
  expect(line).toEqual({ slope: 1.5, intercept: 0.5, squares: 1.5 });
  expect(
    leastSquares([
      { x: 1, y: 1 },
      { x: 1, y: 2 },
    ]),
  ).toBeUndefined();
});

describe("known costs", () => {
  test("that come back as they were pass, with what the hook costs without a dose apart", () => {
    const { selfChecks } = analyse(calibratedRun({ slope: 1, noise: noiseOf(30) }));
    const [calibration] = selfChecks.calibration;
    expect(selfChecks.calibration).toHaveLength(1);
    expect(calibration?.passed).toBe(true);
    expect(calibration?.slope.value).toBeCloseTo(1, 1);
    expect(calibration?.slope.level).toBe(0.9);
    expect(Math.abs((calibration?.intercept.value ?? 0) - 200)).toBeLessThan(30);
    expect(calibration?.residual).toBeGreaterThan(10);
    expect(selfChecks.failures).toEqual([]);
  });

  test("are told dose by dose, as burned and not as asked for", () => {
    const [calibration] = analyse(calibratedRun({ slope: 1 })).selfChecks.calibration;
    expect(calibration?.points.map(({ injected }) => injected)).toEqual(DOSES.map((dose) => dose + 41));
    for (const { injected, recovered, blocks } of calibration?.points ?? []) {
      expect(recovered.value).toBeCloseTo(injected + 200, 6);
      expect(blocks).toBe(12);
    }
  });

  test("that come back half as large again take every verdict on cost back, and none on loss", () => {
    const lines = calibratedRun({ slope: 1.5, noise: noiseOf(30), budgets: [COST, LOSS] });
    const { selfChecks, verdicts } = analyse(lines);
    expect(selfChecks.calibration[0]?.passed).toBe(false);
    expect(selfChecks.failures).toHaveLength(1);
    const [failure] = selfChecks.failures;
    expect(failure).toMatchObject({
      kind: "known-cost",
      at: { scenario: "process-exec", operation: "exec", load: "closed" },
    });
    expect(selfChecks.calibration[0]?.slope.value).toBeCloseTo(1.5, 1);
    const kinds = Object.fromEntries(verdicts.map(({ metric, kind }) => [metric, kind]));
    expect(kinds["workload-cpu"]).toBe("invalid");
    expect(kinds["loss"]).not.toBe("invalid");
    expect(verdicts.find(({ metric }) => metric === "workload-cpu")?.reason).toEqual({
      kind: "instrument-failed",
      failures: [failure],
    });
  });

  test("in noise that hides them leave the question open", () => {
    const { selfChecks } = analyse(calibratedRun({ slope: 1, noise: noiseOf(3000) }));
    expect(selfChecks.calibration[0]?.passed).toBeNull();
    expect(selfChecks.failures).toEqual([]);
  });

  test("over fewer than 4 blocks have no interval and prove nothing", () => {
    const [calibration] = analyse(calibratedRun({ slope: 1, blocks: 3 })).selfChecks.calibration;
    expect(calibration).toMatchObject({ passed: null, slope: { low: null, high: null } });
  });

  test("that the agent did not tell are not compared with 0", () => {
    expect(analyse(calibratedRun({ slope: 1, told: false })).selfChecks.calibration).toEqual([]);
  });

  test("are not sought where a trial has several operations, since nobody knows which of them was burdened", () => {
    const lines = calibratedRun({
      slope: 1,
      outcome: (slot, usual) => ({
        ...usual,
        driver: {
          ...usual.driver,
          operations: [operationOf("http", 1000, slot.load), operationOf("zlib", 1000, slot.load)],
        },
      }),
    });
    expect(analyse(lines).selfChecks.calibration).toEqual([]);
  });

  test("give what this run could find at all, from the smallest dose", () => {
    const lines = calibratedRun({ slope: 1, noise: noiseOf(30) });
    const { record, collected } = prepare(lines);
    const smallest = candidatesOf(collected, "workload-cpu", record.blocks).find(
      ({ key }) => key.agent === "calibration-cost@0",
    );
    const own = plainMean(sampleOf(smallest?.differences ?? []));
    const detectable = analyse(lines).selfChecks.calibration[0]?.minimalDetectable;
    expect(detectable?.ns).toBe(minimalDetectable(own));
    expect(detectable?.percent).toBeCloseTo(
      (100 * (detectable?.ns ?? 0)) / (smallest?.reference ?? Number.NaN),
      10,
    );
  });
});

test("the slope's 90 % interval holds the true slope in about 90 % of simulated runs", () => {
  const runs = 300;
  const next = seededNoise(77);
  let held = 0;
  for (let run = 0; run < runs; run++) {
    // Each block has a drift of its own, which pairing must take out.
    const drift = new Map<number, number>();
    const noise = ({ block }: Slot): number => {
      const own = drift.get(block) ?? 400 * next();
      drift.set(block, own);
      return own + 60 * next();
    };
    const { record, collected } = prepare(calibratedRun({ slope: 1.05, noise, seed: run }));
    const [calibration] = calibrations(
      record.trials.filter(isMeasured),
      collected,
      record.header.agents,
      record.blocks,
    );
    const { low, high } = calibration?.slope ?? { low: null, high: null };
    if (low !== null && high !== null && low <= 1.05 && high >= 1.05) held++;
  }
  // Three standard deviations of a binomial of 300 at 0.9 are 5.2 %.
  expect(held / runs).toBeGreaterThan(0.9 - 0.052);
  expect(held / runs).toBeLessThan(0.9 + 0.052);
});
