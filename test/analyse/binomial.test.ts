import fc from "fast-check";
import { expect, test } from "vitest";
import { lowerShare, upperShare } from "../../src/analyse/distributions.ts";

// scipy 1.17: stats.binomtest(lost, n).proportion_ci(0.95, "exact"), the same as R's binom.test
test.each([
  [0, 20, 0, 0.16843347098308548],
  [2, 100, 0.0024313368239247935, 0.07038393247107005],
  [20, 20, 0.8315665290169145, 1],
  [12, 60_000, 0.00010334705226922062, 0.00034933366074697434],
  [81_920, 81_920_000, 0.0009931671264669828, 0.0010068681754720338],
])("%d lost of %d lies in [%d, %d] with 95 %%", (lost, operations, low, high) => {
  expect(lowerShare(lost, operations, 0.025)).toBeCloseTo(low, 9);
  expect(upperShare(lost, operations, 0.025)).toBeCloseTo(high, 9);
});

test("none lost of n means at most about 3 / n", () => {
  expect(upperShare(0, 60_000, 0.05) * 60_000).toBeCloseTo(Math.log(20), 3);
});

test("a loss and its complement mirror each other", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const lost = Math.round(share * n);
      expect(lowerShare(lost, n, 0.05)).toBeCloseTo(1 - upperShare(n - lost, n, 0.05), 8);
      expect(lowerShare(lost, n, 0.05)).toBeLessThanOrEqual(lost / n);
    }),
  );
});

test.each([
  [-1, 10],
  [11, 10],
  [0, 0],
])("%d lost of %d is refused", (lost, operations) => {
  expect(() => upperShare(lost, operations, 0.05)).toThrow(`${lost} lost of ${operations} operations`);
});
