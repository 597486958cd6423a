import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { disagrees, meanInterval } from "../../src/analyse/interval.ts";
import { hodgesLehmann, sampleOf } from "../../src/analyse/sample.ts";
import { familyLowerBounds } from "../../src/analyse/bootstrap.ts";
import { blocksFor, minimalDetectable } from "../../src/analyse/power.ts";
import { createResampler } from "../../src/analyse/resample.ts";

/** A cost in ns with two wild blocks. */
const SKEWED = [410, 395.5, 402.2, 450.9, 389.1, 520.4, 398.7, 405, 391.3, 433.8, 610.2, 399.9];
/** Another agent's in the same blocks. */
const PLAIN = [11, 14.5, 9.2, 8.9, 13.1, 10.4, 12.7, 15, 7.3, 11.8, 10.2, 9.9];
const BLOCKS = SKEWED.map((_, block) => block);

describe("fixtures", () => {
  test("the t interval is that of scipy", () => {
    // scipy 1.17: stats.ttest_1samp(x, 0).confidence_interval(0.95)
    const { student } = meanInterval(sampleOf(SKEWED), BLOCKS, createResampler(1, BLOCKS));
    expect(student[0]).toBeCloseTo(391.5297731377109, 6);
    expect(student[1]).toBeCloseTo(476.3035601956225, 6);
  });

  test("the Hodges-Lehmann estimate is that of numpy", () => {
    // numpy: median((x[i] + x[j]) / 2 for i <= j)
    expect(hodgesLehmann(SKEWED)).toBeCloseTo(415.45, 9);
  });

  test("the bootstrap-t interval is that of an independent one with 2,000,000 resamples", () => {
    // numpy, default_rng(1): mean - quantile(t*, p) * se for p = 0.975, 0.95, 0.05, 0.025
    const sample = sampleOf(SKEWED);
    const interval = meanInterval(sample, BLOCKS, createResampler(1, BLOCKS, 200_000));
    const errors = [
      interval.low - 403.4871347356725,
      interval.low90 - 408.3256161065679,
      interval.high90 - 535.0417549042724,
      interval.high - 565.1378416608383,
    ].map((error) => Math.abs(error) / sample.standardError);
    // In standard errors of the mean: three times the Monte-Carlo error of the widest quantile.
    for (const error of errors) expect(error).toBeLessThan(0.12);
    expect(interval.method).toBe("bootstrap");
    expect(disagrees(interval)).toBe(true);
  });

  test("the family-wise bounds are those of an independent max-T", () => {
    // numpy, the same 2,000,000 joint resamples: 95 % quantile of max(t*, t*') is 1.85200
    const resampler = createResampler(1, BLOCKS, 200_000);
    const members = [sampleOf(SKEWED), sampleOf(PLAIN)].map((sample) => ({
      sample,
      t: meanInterval(sample, BLOCKS, resampler).t,
    }));
    const [skewed, plain] = familyLowerBounds(members, 0.05);
    expect(skewed).toBeCloseTo(398.25, 0);
    expect(plain).toBeCloseTo(9.924, 1);
  });

  test("the minimal detectable cost is that of scipy and tends to 2.8 sd / sqrt(n)", () => {
    // scipy 1.17: (t.ppf(.975, 11) + t.ppf(.8, 11)) * sd / sqrt(12)
    expect(minimalDetectable(sampleOf(SKEWED).deviation, 12)).toBeCloseTo(59.24797766297218, 6);
    expect(minimalDetectable(1, 10_000) * Math.sqrt(10_000)).toBeCloseTo(2.8, 2);
  });

  // scipy 1.17: smallest n with (t.ppf(1 - alpha, n - 1) + t.ppf(.8, n - 1)) * sd / sqrt(n) <= gap
  test.each([
    [100, 50, 0.05, 27],
    [100, 20, 0.05, 157],
    [100, 50, 0.05 / 8, 48],
    [1, 10, 0.05, 2],
  ])("a spread of %d and a gap of %d at %d need %d blocks", (deviation, gap, alpha, blocks) => {
    expect(blocksFor(deviation, gap, alpha)).toBe(blocks);
  });

  test("no number of blocks decides a mean that lies on the limit", () => {
    expect(blocksFor(100, 0, 0.05)).toBeNull();
    expect(blocksFor(1e9, 1, 0.05)).toBeNull();
  });
});

describe("data that a bootstrap cannot carry", () => {
  test("equal values give an interval without width", () => {
    const interval = meanInterval(sampleOf(BLOCKS.map(() => 16)), BLOCKS, createResampler(1, BLOCKS));
    expect(interval).toMatchObject({ method: "constant", low: 16, high: 16, low90: 16, high90: 16 });
  });

  test("one odd value among equal ones gets the t interval, and finite ends", () => {
    const values = BLOCKS.map((block) => (block === 0 ? 17 : 16));
    const interval = meanInterval(sampleOf(values), BLOCKS, createResampler(1, BLOCKS));
    expect(interval.method).toBe("t");
    expect([interval.low, interval.high]).toEqual([...interval.student]);
    expect(Number.isFinite(interval.low) && Number.isFinite(interval.high)).toBe(true);
  });

  test("in a family it gets Student's bound with its share of the error", () => {
    const odd = sampleOf(BLOCKS.map((block) => (block === 0 ? 17 : 16)));
    const constant = sampleOf(BLOCKS.map(() => 3));
    const [bound, exact] = familyLowerBounds(
      [
        { sample: odd, t: null },
        { sample: constant, t: null },
      ],
      0.05,
    );
    // Alone among those that vary: scipy t.ppf(0.95, 11) = 1.7958848187040433
    expect(bound).toBeCloseTo(odd.mean - 1.7958848187040433 * odd.standardError, 9);
    expect(exact).toBe(3);
  });
});

describe("laws", () => {
  const values = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 12, maxLength: 12 });
  // Values on a grid vary by clearly more than rounding, or not at all.
  const grid = values.map((list) => list.map((one) => Math.round(one * 8) / 8));
  const resampler = createResampler(9, BLOCKS, 500);

  test("shifting every block shifts every end", () => {
    fc.assert(
      fc.property(grid, fc.integer({ min: -1000, max: 1000 }), (list, shift) => {
        const before = meanInterval(sampleOf(list), BLOCKS, resampler);
        const after = meanInterval(sampleOf(list.map((one) => one + shift)), BLOCKS, resampler);
        for (const end of ["low", "high", "low90", "high90"] as const) {
          expect(after[end]).toBeCloseTo(before[end] + shift, 5);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("turning every sign turns the interval round", () => {
    fc.assert(
      fc.property(grid, (list) => {
        const plus = meanInterval(sampleOf(list), BLOCKS, resampler);
        const minus = meanInterval(sampleOf(list.map((one) => -one)), BLOCKS, resampler);
        expect(minus.low).toBeCloseTo(-plus.high, 5);
        expect(minus.high).toBeCloseTo(-plus.low, 5);
      }),
      { numRuns: 60 },
    );
  });

  test("the interval holds the narrower one, and its family-wise bound lies below the one for itself alone", () => {
    fc.assert(
      fc.property(grid, grid, (first, second) => {
        const members = [first, second].map((list) => {
          const sample = sampleOf(list);
          return { sample, interval: meanInterval(sample, BLOCKS, resampler) };
        });
        const bounds = familyLowerBounds(
          members.map(({ sample, interval }) => ({ sample, t: interval.t })),
          0.05,
        );
        for (const [index, { interval }] of members.entries()) {
          expect(interval.low).toBeLessThanOrEqual(interval.low90);
          expect(interval.high90).toBeLessThanOrEqual(interval.high);
          expect(bounds[index]).toBeLessThanOrEqual(interval.low90 + 1e-9);
        }
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
