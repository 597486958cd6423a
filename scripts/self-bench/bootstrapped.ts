/** A figure of several blocks with its interval, for figures that `src/analyse/` does not make: ratios of two costs. */
import { MIN_BLOCKS } from "../../src/analyse/interval.ts";
import type { Resampler } from "../../src/analyse/resample.ts";

export interface Estimate {
  readonly value: number;
  /** Of 95 %, by the percentile bootstrap; null with too few blocks. */
  readonly low: number | null;
  readonly high: number | null;
  readonly blocks: number;
}

/** `of` gets the blocks of one resample, as positions into `own`. */
export const bootstrapped = (
  resampler: Resampler,
  own: readonly number[],
  of: (positions: readonly number[]) => number,
): Estimate => {
  const value = of(own.map((_, position) => position));
  if (own.length < MIN_BLOCKS) return { value, low: null, high: null, blocks: own.length };
  const positions = resampler.positionsFor(own);
  const values = Float64Array.from({ length: resampler.resamples }, (_, row) =>
    of([...positions.subarray(row * own.length, (row + 1) * own.length)]),
  ).sort();
  const at = (p: number): number => values[Math.floor(p * (values.length - 1))] ?? NaN;
  return { value, low: at(0.025), high: at(0.975), blocks: own.length };
};
