import { expect, test } from "vitest";
import { bound, degreesAt, ends, moderatedMeans, pAbove, plainMean } from "../../src/analyse/mean.ts";
import { sampleOf } from "../../src/analyse/sample.ts";

const QUIET = sampleOf([99, 101, 100, 100, 100]);
const LOUD = sampleOf([80, 120, 100, 90, 110]);

test("a relative variance is shrunk towards the mean of the condition's", () => {
  const [quiet, loud] = moderatedMeans([
    { sample: QUIET, scale: 1000 },
    { sample: LOUD, scale: 1000 },
  ]);
  // Variances 0.5 and 250, mean 125.25: (4 * 125.25 + 4 * s^2) / 8.
  expect(quiet?.deviation).toBeCloseTo(Math.sqrt(62.875), 9);
  expect(loud?.deviation).toBeCloseTo(Math.sqrt(187.625), 9);
  expect(loud).toMatchObject({ value: 100, n: 5, degrees: 8 });
  expect(loud?.standardError).toBeCloseTo(Math.sqrt(187.625 / 5), 9);
});

test("what counts is the variance relative to what it is of", () => {
  const tenfold = sampleOf(LOUD.values.map((one) => 10 * one));
  const [small, large] = moderatedMeans([
    { sample: LOUD, scale: 100 },
    { sample: tenfold, scale: 1000 },
  ]);
  expect(small?.deviation).toBeCloseTo(LOUD.deviation, 9);
  expect(large?.deviation).toBeCloseTo(tenfold.deviation, 9);
});

test("one alone keeps its own variance, and a level, which is relative to nothing, too", () => {
  expect(moderatedMeans([{ sample: LOUD, scale: 100 }])).toEqual([plainMean(LOUD)]);
  expect(
    moderatedMeans([
      { sample: QUIET, scale: 0 },
      { sample: LOUD, scale: 0 },
    ]),
  ).toEqual([plainMean(QUIET), plainMean(LOUD)]);
});

test("more blocks have as many degrees more", () => {
  expect(degreesAt(plainMean(LOUD), 20)).toBe(19);
  const [moderated] = moderatedMeans([
    { sample: LOUD, scale: 1 },
    { sample: QUIET, scale: 1 },
  ]);
  expect(moderated === undefined ? undefined : degreesAt(moderated, 20)).toBe(23);
});

test("bound and p agree, also where nothing varies", () => {
  const mean = plainMean(LOUD);
  expect(pAbove(mean, bound(mean, 0.05))).toBeCloseTo(0.05, 9);
  expect(pAbove(mean, 100)).toBeCloseTo(0.5, 9);
  // scipy 1.17: 1 - t.cdf((100 - 85) / sem, 4)
  expect(pAbove(mean, 85)).toBeCloseTo(0.0505957536091477, 12);
  const constant = plainMean(sampleOf([3, 3, 3, 3]));
  expect(ends(constant, 0.95)).toEqual([3, 3]);
  expect([pAbove(constant, 2.9), pAbove(constant, 3)]).toEqual([0, 1]);
});
