/** A figure of several blocks with its interval, for figures that `src/analyse/` does not make: ratios of two costs. */
import { mean } from "simple-statistics";
import type { Resampler } from "../../src/analyse/resample.ts";

/** Percentiles of the resamples of fewer are too near each other. */
const MIN_BLOCKS = 10;

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

/** The mean of the values of `own`, or what it is to the mean of others from the same blocks. */
export const bootstrappedMean = (
  resampler: Resampler,
  own: readonly number[],
  values: readonly number[],
  others?: readonly number[],
): Estimate => {
  const meanOf = (all: readonly number[], positions: readonly number[]): number =>
    mean(positions.map((position) => all[position] ?? NaN));
  return bootstrapped(
    resampler,
    own,
    (positions) => meanOf(values, positions) / (others === undefined ? 1 : meanOf(others, positions)),
  );
};
