/** The textbook interval of a mean: exact for normal data, and the check beside the bootstrap. */
import { tQuantile } from "./distributions.ts";
import type { Sample } from "./sample.ts";

/** Two-sided, `level` such as 0.95; needs a sample of at least 2. */
export const tInterval = (sample: Sample, level: number): readonly [low: number, high: number] => {
  const half = tQuantile((1 + level) / 2, sample.n - 1) * sample.standardError;
  return [sample.mean - half, sample.mean + half];
};
