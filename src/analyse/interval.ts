/** All bounds of one mean that do not depend on other contrasts, from the bootstrap, or from Student's t where the bootstrap fails. */
import { mean } from "simple-statistics";
import { MAX_DISAGREEMENT } from "../domain/limits.ts";
import type { Interval } from "../domain/verdict.ts";
import { bootstrapT, orderQuantile } from "./bootstrap.ts";
import type { Resampler } from "./resample.ts";
import { type Sample, sampleOf, tInterval } from "./sample.ts";

/** Fewer independent blocks give an interval that looks like more than it is. */
export const MIN_BLOCKS = 10;
/** Two-sided confidence of every printed interval. */
export const LEVEL = 0.95;
/** Two-sided confidence of the interval for equivalence; its upper end is the one-sided 95 % bound. */
export const EQUIVALENCE_LEVEL = 0.9;

export interface MeanInterval {
  readonly method: "bootstrap" | "t" | "constant";
  readonly low: number;
  readonly high: number;
  readonly low90: number;
  /** Also the one-sided upper 95 % bound. */
  readonly high90: number;
  readonly student: readonly [low: number, high: number];
  /** The joint t* for families; null unless the method is the bootstrap. */
  readonly t: Float64Array | null;
}

/** With more resamples than this that hold one value only, the tails of t* are made of them. */
const MAX_DEGENERATE = 0.001;

export const meanInterval = (
  sample: Sample,
  blocks: readonly number[],
  resampler: Resampler,
): MeanInterval => {
  const student = tInterval(sample, LEVEL);
  if (sample.deviation === 0) {
    const { mean } = sample;
    return { method: "constant", low: mean, high: mean, low90: mean, high90: mean, student, t: null };
  }
  const { t, degenerate } = bootstrapT(sample, blocks, resampler);
  if (degenerate > MAX_DEGENERATE) {
    const [low90, high90] = tInterval(sample, EQUIVALENCE_LEVEL);
    return { method: "t", low: student[0], high: student[1], low90, high90, student, t: null };
  }
  const ascending = Float64Array.from(t).sort();
  // The upper tail of t* gives the lower end: it tells how far above the truth a mean may have come out.
  const end = (p: number): number => sample.mean - orderQuantile(ascending, p) * sample.standardError;
  return {
    method: "bootstrap",
    low: end((1 + LEVEL) / 2),
    high: end((1 - LEVEL) / 2),
    low90: end((1 + EQUIVALENCE_LEVEL) / 2),
    high90: end((1 - EQUIVALENCE_LEVEL) / 2),
    student,
    t,
  };
};

export const disagrees = (interval: MeanInterval): boolean => {
  const [low, high] = interval.student;
  const most = MAX_DISAGREEMENT * (high - low);
  return Math.abs(interval.low - low) > most || Math.abs(interval.high - high) > most;
};

/** `blocks`: those of the values, in the same order. At least one value. */
export const summarise = (values: readonly number[], blocks: readonly number[], resampler: Resampler) => {
  if (values.length < MIN_BLOCKS) {
    const alone: Interval = { value: mean([...values]), low: null, high: null };
    return { interval: alone, interval90: alone, bootstrap: null };
  }
  const sample = sampleOf(values);
  const bootstrap = meanInterval(sample, blocks, resampler);
  const { low, high, low90, high90 } = bootstrap;
  return {
    interval: { value: sample.mean, low, high },
    interval90: { value: sample.mean, low: low90, high: high90 },
    bootstrap,
  };
};
