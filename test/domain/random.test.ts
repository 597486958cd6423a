import { expect, test } from "vitest";
import { createRng, fromState, toUnit } from "../../src/domain/random.ts";

test("the generator is xoshiro128**", () => {
  // The authors' C code (xoshiro128starstar.c), compiled with clang 14, state 1, 2, 3, 4.
  const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
  const next = fromState([1, 2, 3, 4]);
  expect(expected.map(() => next())).toEqual(expected);
});

test("the same seed gives the same numbers, another seed gives others", () => {
  const take = (seed: number): number[] => {
    const next = createRng(seed);
    return Array.from({ length: 8 }, () => next());
  };
  expect(take(42)).toEqual(take(42));
  expect(take(42)).not.toEqual(take(43));
});

test("its numbers fill [0, 1) evenly", () => {
  const next = createRng(5);
  const bins = Array.from({ length: 10 }, () => 0);
  const draws = 100_000;
  for (let draw = 0; draw < draws; draw++) {
    const bin = Math.floor(toUnit(next()) * bins.length);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const expected = draws / bins.length;
  const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // scipy: stats.chi2.ppf(0.999, 9) = 27.88
  expect(chiSquare).toBeLessThan(27.88);
});
