/** Counts by latency under the same rule as `driver/histogram.h`: each power of two in 1,024 steps. */
import type { Histogram } from "../../../src/domain/driver.ts";

const STEP_BITS = 10;

/** The highest value in nanoseconds that falls into the same bucket as `ns`, a whole number from 0 to 2^53 - 1. */
export const highestEquivalent = (ns: number): number => {
  const width = 2 ** Math.max(0, bitLength(ns) - 1 - STEP_BITS);
  return Math.floor(ns / width) * width + width - 1;
};

/** By comparison, since a logarithm of a large number rounds up to the next power. */
const bitLength = (ns: number): number => {
  const guess = Math.ceil(Math.log2(ns + 1));
  return ns < 2 ** (guess - 1) ? guess - 1 : guess;
};

/** `samples` are whole nanoseconds in any order; at least one. */
export const histogramOf = (samples: Float64Array): Histogram => {
  const counts = new Map<number, number>();
  let minNs = Number.MAX_SAFE_INTEGER;
  let maxNs = 0;
  for (const ns of samples) {
    minNs = Math.min(minNs, ns);
    maxNs = Math.max(maxNs, ns);
    const bucket = highestEquivalent(ns);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return { significantDigits: 3, minNs, maxNs, buckets: [...counts].sort(([a], [b]) => a - b) };
};
