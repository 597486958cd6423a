/** The mean of one number a block with its interval, where there are enough blocks for one. */
import { mean } from "simple-statistics";
import type { Interval } from "../domain/verdict.ts";
import { MIN_BLOCKS, type MeanInterval, meanInterval } from "./interval.ts";
import type { Resampler } from "./resample.ts";
import { sampleOf } from "./sample.ts";

export interface Summarised {
  /** Two-sided 95 %. */
  readonly interval: Interval;
  /** Two-sided 90 %. */
  readonly interval90: Interval;
  /** Null under 10 blocks. */
  readonly bootstrap: MeanInterval | null;
}

/** `blocks`: those of the values, in the same order. At least one value. */
export const summarise = (
  values: readonly number[],
  blocks: readonly number[],
  resampler: Resampler,
): Summarised => {
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
