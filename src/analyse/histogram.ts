/** Quantiles of one trial's latency histogram, printed only where the trial holds enough operations to know them. */
import type { Histogram } from "../domain/driver.ts";
import { type Reading, missing, value } from "../domain/units.ts";

/**
 * Operations that a quantile needs: about a hundred beyond it (two hundred around the median), since fewer would make it the
 * property of a few outliers.
 */
const NEEDED: readonly (readonly [quantile: number, operations: number])[] = [
  [0.5, 200],
  [0.9, 1_000],
  [0.99, 10_000],
  [0.999, 100_000],
];

const neededFor = (quantile: number): number =>
  NEEDED.find(([upTo]) => quantile <= upTo)?.[1] ?? Number.POSITIVE_INFINITY;

const totals = new WeakMap<Histogram, number>();

/** How many operations, or groups of them, a histogram holds. Asked for each of its quantiles, so counted once. */
export const entriesOf = (histogram: Histogram): number => {
  const known = totals.get(histogram);
  if (known !== undefined) return known;
  let total = 0;
  for (const bucket of histogram.buckets) total += bucket[1];
  totals.set(histogram, total);
  return total;
};

/** All operations of several histograms in one. */
export const pool = (histograms: readonly Histogram[]): Histogram => {
  const counts = new Map<number, number>();
  for (const { buckets } of histograms) {
    for (const [ns, count] of buckets) counts.set(ns, (counts.get(ns) ?? 0) + count);
  }
  const buckets = [...counts].sort(([left], [right]) => left - right);
  return { significantDigits: 3, minNs: buckets[0]?.[0] ?? 0, maxNs: buckets.at(-1)?.[0] ?? 0, buckets };
};

/** The smallest recorded latency that at least a share `quantile` of the operations does not exceed, in nanoseconds. */
export const histogramQuantile = (histogram: Histogram, quantile: number): Reading<number> => {
  const total = entriesOf(histogram);
  const needed = neededFor(quantile);
  if (total < needed) {
    return missing(
      `the ${100 * quantile} % quantile needs ${needed} operations in a trial; this one had ${total}`,
    );
  }
  const found = ranked(histogram, quantile);
  return found === undefined ? missing("the histogram is empty") : value(found);
};

/** The same whatever the number of operations; undefined where there is none. */
export const ranked = (histogram: Histogram, quantile: number): number | undefined => {
  const rank = Math.max(1, Math.ceil(quantile * entriesOf(histogram)));
  let seen = 0;
  for (const bucket of histogram.buckets) {
    seen += bucket[1];
    if (seen >= rank) return bucket[0];
  }
  return undefined;
};
