import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LEVEL, bootstrapInterval, disagree, intervalOf, summarise } from "../../src/analyse/interval.ts";
import { plainMean } from "../../src/analyse/mean.ts";
import { blocksFor, minimalDetectable } from "../../src/analyse/power.ts";
import { createResampler } from "../../src/analyse/resample.ts";
import { hodgesLehmann, sampleOf } from "../../src/analyse/sample.ts";

/** A cost in ns with two wild blocks. */
const SKEWED = [410, 395.5, 402.2, 450.9, 389.1, 520.4, 398.7, 405, 391.3, 433.8, 610.2, 399.9];
const BLOCKS = SKEWED.map((_, block) => block);

describe("fixtures", () => {
  test("the t interval is that of scipy", () => {
    // scipy 1.17: stats.ttest_1samp(x, 0).confidence_interval(0.95)
    const { low, high } = intervalOf(plainMean(sampleOf(SKEWED)), LEVEL);
    expect(low).toBeCloseTo(391.5297731377109, 6);
    expect(high).toBeCloseTo(476.3035601956225, 6);
  });

  test("the Hodges-Lehmann estimate is that of numpy", () => {
    // numpy: median((x[i] + x[j]) / 2 for i <= j)
    expect(hodgesLehmann(SKEWED)).toBeCloseTo(415.45, 9);
  });

  test("the bootstrap-t interval is that of an independent one with 2,000,000 resamples", () => {
    // numpy, default_rng(1): mean - quantile(t*, p) * se for p = 0.975, 0.025
    const sample = sampleOf(SKEWED);
    const found = bootstrapInterval(sample, BLOCKS, createResampler(1, BLOCKS, 200_000));
    const { low, high } = found ?? { low: Number.NaN, high: Number.NaN };
    // In standard errors of the mean: three times the Monte-Carlo error of the widest quantile.
    expect(Math.abs(low - 403.4871347356725) / sample.standardError).toBeLessThan(0.12);
    expect(Math.abs(high - 565.1378416608383) / sample.standardError).toBeLessThan(0.12);
    expect(disagree({ low: 391.5297731377109, high: 476.3035601956225 }, { low, high })).toBe(true);
  });

  test("the minimal detectable cost is that of scipy and tends to 2.8 sd / sqrt(n)", () => {
    // scipy 1.17: (t.ppf(.975, 11) + t.ppf(.8, 11)) * sd / sqrt(12)
    expect(minimalDetectable(plainMean(sampleOf(SKEWED)))).toBeCloseTo(59.24797766297218, 6);
    const many = { deviation: 1, n: 10_000, degrees: 9_999 };
    expect(minimalDetectable(many) * Math.sqrt(10_000)).toBeCloseTo(2.8, 2);
  });

  // scipy 1.17: smallest n >= 4 with (t.ppf(1 - alpha, n - 1) + t.ppf(.8, n - 1)) * sd / sqrt(n) <= gap
  test.each([
    [100, 50, 0.05, 27],
    [100, 20, 0.05, 157],
    [100, 50, 0.05 / 8, 48],
    [1, 10, 0.05, 4],
  ])("a spread of %d and a gap of %d at %d need %d blocks", (deviation, gap, alpha, blocks) => {
    expect(blocksFor(ofSpread(deviation), gap, alpha)).toBe(blocks);
  });

  test("no number of blocks decides a mean that lies on the limit, or so near that no run reaches it", () => {
    expect(blocksFor(ofSpread(100), 0, 0.05)).toBeNull();
    expect(blocksFor(ofSpread(1e9), 1, 0.05)).toBeNull();
    expect(blocksFor(ofSpread(50), 1.2, 0.05)).toBeNull();
  });
});

const ofSpread = (deviation: number) => ({
  value: 0,
  n: 5,
  deviation,
  standardError: deviation / Math.sqrt(5),
  degrees: 4,
});

describe("few blocks", () => {
  test("three give a value alone, four an interval, twelve the bootstrap's beside it", () => {
    expect(summarise([1, 2, 3]).interval).toEqual({ value: 2, low: null, high: null });
    const { interval, interval90 } = summarise([1, 2, 3, 4]);
    // scipy 1.17: stats.t.interval(c, 3, 2.5, stats.sem([1, 2, 3, 4]))
    expect(interval.low).toBeCloseTo(0.4457397432394794, 9);
    expect(interval90.high).toBeCloseTo(4.019089565093491, 9);
    const eleven = BLOCKS.slice(1);
    const resampler = createResampler(1, BLOCKS);
    expect(bootstrapInterval(sampleOf(SKEWED.slice(1)), eleven, resampler)).toBeNull();
    expect(bootstrapInterval(sampleOf(SKEWED), BLOCKS, resampler)).not.toBeNull();
  });
});

describe("data that a bootstrap cannot carry", () => {
  test("equal values give an interval without width", () => {
    const sample = sampleOf(BLOCKS.map(() => 16));
    expect(intervalOf(plainMean(sample), LEVEL)).toEqual({ value: 16, low: 16, high: 16 });
    expect(bootstrapInterval(sample, BLOCKS, createResampler(1, BLOCKS))).toBeNull();
  });

  test("one odd value among equal ones has none", () => {
    const sample = sampleOf(BLOCKS.map((block) => (block === 0 ? 17 : 16)));
    expect(bootstrapInterval(sample, BLOCKS, createResampler(1, BLOCKS))).toBeNull();
  });
});

describe("laws", () => {
  // Values on a grid vary by clearly more than rounding.
  const grid = fc
    .uniqueArray(fc.integer({ min: -80_000, max: 80_000 }), { minLength: 12, maxLength: 12 })
    .map((list) => list.map((one) => one / 8));
  const resampler = createResampler(9, BLOCKS, 500);
  const bootstrapped = (list: readonly number[]) => {
    const found = bootstrapInterval(sampleOf(list), BLOCKS, resampler);
    if (found === null) throw new Error("twelve different values have a bootstrap");
    return found;
  };

  test("shifting every block shifts the bootstrap's ends", () => {
    fc.assert(
      fc.property(grid, fc.integer({ min: -1000, max: 1000 }), (list, shift) => {
        const before = bootstrapped(list);
        const after = bootstrapped(list.map((one) => one + shift));
        expect(after.low).toBeCloseTo(before.low + shift, 5);
        expect(after.high).toBeCloseTo(before.high + shift, 5);
      }),
      { numRuns: 60 },
    );
  });

  test("turning every sign turns it round", () => {
    fc.assert(
      fc.property(grid, (list) => {
        const plus = bootstrapped(list);
        const minus = bootstrapped(list.map((one) => -one));
        expect(minus.low).toBeCloseTo(-plus.high, 5);
        expect(minus.high).toBeCloseTo(-plus.low, 5);
      }),
      { numRuns: 60 },
    );
  });

  test("a contrast that lacks blocks draws only from its own, each as often", () => {
    const own = [0, 2, 3, 7, 11];
    const positions = createResampler(4, BLOCKS).positionsFor(own);
    const counts = own.map((_, place) => positions.filter((position) => position === place).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(positions.length);
    const expected = positions.length / own.length;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // scipy: stats.chi2.ppf(0.999, 4) = 18.47
    expect(chiSquare).toBeLessThan(18.47);
  });
});
