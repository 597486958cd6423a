/**
 * Whether the intervals keep what they promise, by simulation from known truths. Seeded, so the counts are always the same; the bands are
 * those of a binomial count, so another seed leaves one about once in a thousand.
 */
import { expect, test } from "vitest";
import { meanInterval } from "../../src/analyse/interval.ts";
import { familyLowerBounds } from "../../src/analyse/bootstrap.ts";
import { createResampler } from "../../src/analyse/resample.ts";
import { sampleOf } from "../../src/analyse/sample.ts";
import { seededNoise } from "./support/record-builder.ts";

const BLOCKS = Array.from({ length: 12 }, (_, block) => block);
const RUNS = 2000;
/** 3.29 standard deviations of a share: one in a thousand falls outside. */
const band = (share: number): number => 3.29 * Math.sqrt((share * (1 - share)) / RUNS);

interface Shares {
  readonly interval: number;
  readonly upper: number;
  readonly lower: number;
  readonly student: number;
}

const coverage = (draw: () => number, truth: number): Shares => {
  const resampler = createResampler(3, BLOCKS, 5000);
  const held = { interval: 0, upper: 0, lower: 0, student: 0 };
  for (let run = 0; run < RUNS; run++) {
    const interval = meanInterval(sampleOf(BLOCKS.map(draw)), BLOCKS, resampler);
    if (interval.low <= truth && truth <= interval.high) held.interval++;
    if (truth <= interval.high90) held.upper++;
    if (interval.low90 <= truth) held.lower++;
    if (interval.student[0] <= truth && truth <= interval.student[1]) held.student++;
  }
  return {
    interval: held.interval / RUNS,
    upper: held.upper / RUNS,
    lower: held.lower / RUNS,
    student: held.student / RUNS,
  };
};

/** A cost of 100 under log-normal noise of the blocks, paired with two baselines that have the same noise. */
const pairedCoverage = (seed: number, sigma: number): Shares => {
  const noise = seededNoise(seed);
  const skewed = (): number => Math.exp(sigma * noise());
  return coverage(() => 100 + skewed() - (skewed() + skewed()) / 2, 100);
};

test("12 blocks under log-normal noise of 20 %: 95 % of the intervals and of the one-sided bounds hold the cost", () => {
  const shares = pairedCoverage(7, 0.2);
  expect(Math.abs(shares.interval - 0.95)).toBeLessThan(band(0.95));
  expect(Math.abs(shares.upper - 0.95)).toBeLessThan(band(0.95));
  expect(Math.abs(shares.lower - 0.95)).toBeLessThan(band(0.95));
});

/**
 * What 12 values of a very skewed distribution do not show, no method can know: here the bootstrap falls short of its nominal 95 %, as
 * docs/method.md tells. The expected shares are those of an independent bootstrap-t (numpy 2 with scipy 1.17, default_rng(5), 6,000 runs of
 * 2,000 resamples each), so their own error is part of the band.
 */
const INDEPENDENT_RUNS = 6000;
const bandOfTwo = (share: number): number => band(share) * Math.sqrt(1 + RUNS / INDEPENDENT_RUNS);

test("12 blocks under log-normal noise of 50 %: the bounds hold the cost as often as those of an independent bootstrap-t", () => {
  const shares = pairedCoverage(7, 0.5);
  expect(Math.abs(shares.interval - 0.939)).toBeLessThan(bandOfTwo(0.939));
  expect(Math.abs(shares.upper - 0.9345)).toBeLessThan(bandOfTwo(0.9345));
  expect(Math.abs(shares.lower - 0.9477)).toBeLessThan(bandOfTwo(0.9477));
});

test("12 blocks of a very skewed level: the bootstrap holds it more often than Student's t, as often as an independent one", () => {
  const noise = seededNoise(8);
  const shares = coverage(() => Math.exp(0.5 * noise()), Math.exp(0.125));
  expect(Math.abs(shares.interval - 0.9432)).toBeLessThan(bandOfTwo(0.9432));
  expect(Math.abs(shares.student - 0.9272)).toBeLessThan(bandOfTwo(0.9272));
  expect(shares.interval).toBeGreaterThan(shares.student);
});

test("six agents without any cost that share their baselines: in at most 5 % of the runs is one found over zero", () => {
  const noise = seededNoise(9);
  const resampler = createResampler(4, BLOCKS, 1000);
  let alarms = 0;
  let alarmsAlone = 0;
  for (let run = 0; run < RUNS; run++) {
    const baseline = BLOCKS.map(() => (noise() + noise()) / 2);
    const members = Array.from({ length: 6 }, () => {
      const sample = sampleOf(baseline.map((base) => noise() - base));
      return { sample, interval: meanInterval(sample, BLOCKS, resampler) };
    });
    const bounds = familyLowerBounds(
      members.map(({ sample, interval }) => ({ sample, t: interval.t })),
      0.05,
    );
    if (bounds.some((bound) => bound > 0)) alarms++;
    if (members.some(({ interval }) => interval.low90 > 0)) alarmsAlone++;
  }
  expect(alarms / RUNS).toBeLessThan(0.05 + band(0.05));
  // The bound is not merely huge: it uses most of the error that it is allowed.
  expect(alarms / RUNS).toBeGreaterThan(0.02);
  // And it is needed: single bounds raise several times as many.
  expect(alarmsAlone / RUNS).toBeGreaterThan(0.12);
});
