/** One number a block, and what is known of their mean. */
import { mean, medianSorted, sampleStandardDeviation } from "simple-statistics";

export interface Sample {
  readonly values: readonly number[];
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation; 0 where all values are equal but for rounding. */
  readonly deviation: number;
  readonly standardError: number;
}

/** Differences below this share of the largest value are rounding of the arithmetic, not spread of the data. */
const ROUNDING = 1e-12;

/** Throws (simple-statistics) for fewer than 2 values. */
export const sampleOf = (values: readonly number[]): Sample => {
  const deviation = sampleStandardDeviation([...values]);
  const largest = values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const spread = deviation <= ROUNDING * largest ? 0 : deviation;
  return {
    values,
    n: values.length,
    mean: mean([...values]),
    deviation: spread,
    standardError: spread / Math.sqrt(values.length),
  };
};

export const hodgesLehmann = (values: readonly number[]): number => {
  const means: number[] = [];
  for (const [index, first] of values.entries()) {
    for (const second of values.slice(index)) means.push((first + second) / 2);
  }
  return medianSorted(means.sort((a, b) => a - b));
};
