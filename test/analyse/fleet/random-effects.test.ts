import { describe, expect, test } from "vitest";
import {
  MIN_NODES,
  type NodeValue,
  type RandomEffects,
  randomEffects,
} from "../../../src/analyse/fleet/random-effects.ts";
import { seededNoise } from "../support/record-builder.ts";

const nodes = (values: readonly number[], error: number): readonly NodeValue[] =>
  values.map((value) => ({ value, error }));

const fitOf = (values: readonly NodeValue[]): RandomEffects => {
  const fit = randomEffects(values);
  if (fit === undefined) throw new Error("too few nodes");
  return fit;
};

describe("nodes that are known equally well", () => {
  const { mean, spread, next } = fitOf(nodes([1, 2, 3, 4, 5], 0.1));

  test("have the t interval of their mean: 2.776 * 1.5811 / sqrt(5)", () => {
    expect(mean.value).toBeCloseTo(3, 9);
    expect(mean.low).toBeCloseTo(3 - 1.963243, 5);
    expect(mean.high).toBeCloseTo(3 + 1.963243, 5);
  });

  test("have a spread without their own errors: sqrt(2.5 - 0.01)", () => {
    expect(spread).toBeCloseTo(Math.sqrt(2.49), 6);
  });

  test("tell where one more lies: 2.776 * 1.5811 * sqrt(1 + 1/5)", () => {
    expect(next.low).toBeCloseTo(3 - 4.808944, 4);
    expect(next.high).toBeCloseTo(3 + 4.808944, 4);
  });
});

test("nodes that differ no more than their errors have no spread, and their interval is not narrower than these allow", () => {
  const { mean, spread } = fitOf(nodes([10, 10.1, 9.9, 10], 2));
  expect(spread).toBe(0);
  expect((mean.high ?? 0) - mean.value).toBeCloseTo(3.182446, 5);
});

test("a node that is hardly known weighs less", () => {
  const known = nodes([10, 10.2, 9.8, 10.1, 9.9], 0.1);
  expect(fitOf([...known, { value: 40, error: 30 }]).mean.value).toBeCloseTo(10, 1);
});

test("fewer than four nodes have no interval of any kind", () => {
  expect(randomEffects(nodes([1, 2, 3], 0.1))).toBeUndefined();
  expect(randomEffects([])).toBeUndefined();
  expect(randomEffects(nodes([1, 2, 3, 4], 0.1))).toBeDefined();
});

test.each([
  ["the same cost and no error", nodes([5, 5, 5, 5], 0)],
  ["no cost and no error", nodes([0, 0, 0, 0], 0)],
  ["another cost and no error", nodes([1, 2, 3, 4], 0)],
])("nodes with %s have figures that are numbers", (_, all) => {
  const { mean, spread, next } = fitOf(all);
  for (const figure of [mean.value, mean.low, mean.high, spread, next.low, next.high])
    expect(Number.isFinite(figure)).toBe(true);
});

/** How often the intervals hold the true mean and the true cost of one more node. Errors are known from 8 degrees of freedom, as in a run of 5 blocks. */
const coverage = (count: number, spread: number, fleets: number): { mean: number; next: number } => {
  const noise = seededNoise(count * 100 + spread);
  const TRUE = 100;
  const held = { mean: 0, next: 0 };
  const isIn = ({ low, high }: RandomEffects["mean"], truth: number): boolean =>
    low !== null && high !== null && low <= truth && truth <= high;
  for (let fleet = 0; fleet < fleets; fleet++) {
    const { mean, next } = fitOf(
      Array.from({ length: count }, (_, index): NodeValue => {
        const error = index % 2 === 0 ? 1 : 2;
        const squares = Array.from({ length: 8 }, () => noise() ** 2).reduce((sum, one) => sum + one, 0);
        return {
          value: TRUE + spread * noise() + error * noise(),
          error: error * Math.sqrt(squares / 8),
        };
      }),
    );
    if (isIn(mean, TRUE)) held.mean += 1;
    if (isIn(next, TRUE + spread * noise())) held.next += 1;
  }
  return { mean: held.mean / fleets, next: held.next / fleets };
};

const FLEETS = 1500;
/** Three standard errors of a share of 95 % in so many fleets. */
const MIN_COVERAGE = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / FLEETS);

describe("in simulated fleets the 95 % intervals hold the truth as often as they promise:", () => {
  test.each(
    [MIN_NODES, 6, 12].flatMap((count) => [0, 0.5, 1, 2, 6].map((spread) => [count, spread] as const)),
  )("%d nodes whose true costs have a standard deviation of %d, with errors of 1 and 2", (count, spread) => {
    const { mean, next } = coverage(count, spread, FLEETS);
    expect(mean).toBeGreaterThanOrEqual(MIN_COVERAGE);
    expect(next).toBeGreaterThanOrEqual(MIN_COVERAGE);
  });
});
