/** All bounds of one mean over blocks, by Student's t. */
import { mean as meanOf } from "simple-statistics";
import { MAX_DISAGREEMENT } from "../domain/limits.ts";
import type { Interval } from "../domain/verdict.ts";
import { bootstrapT, orderQuantile } from "./bootstrap.ts";
import { type Mean, ends, plainMean } from "./mean.ts";
import type { Resampler } from "./resample.ts";
import { type Sample, sampleOf } from "./sample.ts";

/** Fewer independent blocks give an interval that looks like more than it is. */
export const MIN_BLOCKS = 4;
/** The bootstrap of fewer has too few different resamples for the tails of t*. */
const MIN_BOOTSTRAP_BLOCKS = 12;
/** Two-sided confidence of every printed interval. */
export const LEVEL = 0.95;
/** Of one-sided bounds on losses and on shares of nodes. */
export const ALPHA = 0.05;
/** Two-sided confidence of the interval for equivalence; its upper end is the one-sided 95 % bound. */
export const EQUIVALENCE_LEVEL = 0.9;

/** With more resamples than this that hold one value only, the tails of t* are made of them. */
const MAX_DEGENERATE = 0.001;

export interface Ends {
  readonly low: number;
  readonly high: number;
}

/** `blocks`: those of the values, in the same order. Null where it does not exist: too few blocks, or too many of one value. */
export const bootstrapInterval = (
  sample: Sample,
  blocks: readonly number[],
  resampler: Resampler,
): Ends | null => {
  if (sample.n < MIN_BOOTSTRAP_BLOCKS || sample.deviation === 0) return null;
  const { t, degenerate } = bootstrapT(sample, blocks, resampler);
  if (degenerate > MAX_DEGENERATE) return null;
  const ascending = Float64Array.from(t).sort();
  // The upper tail of t* gives the lower end: it tells how far above the truth a mean may have come out.
  const end = (p: number): number => sample.mean - orderQuantile(ascending, p) * sample.standardError;
  return { low: end((1 + LEVEL) / 2), high: end((1 - LEVEL) / 2) };
};

export const disagree = (one: Ends, other: Ends): boolean => {
  const most = MAX_DISAGREEMENT * (one.high - one.low);
  return Math.abs(one.low - other.low) > most || Math.abs(one.high - other.high) > most;
};

export const intervalOf = (mean: Mean, level: number): Interval => {
  const [low, high] = ends(mean, level);
  return { value: mean.value, low, high };
};

/** Of values that nothing else is known to resemble. At least one. */
export const summarise = (
  values: readonly number[],
): { readonly interval: Interval; readonly interval90: Interval } => {
  if (values.length < MIN_BLOCKS) {
    const alone: Interval = { value: meanOf([...values]), low: null, high: null };
    return { interval: alone, interval90: alone };
  }
  const mean = plainMean(sampleOf(values));
  return { interval: intervalOf(mean, LEVEL), interval90: intervalOf(mean, EQUIVALENCE_LEVEL) };
};
