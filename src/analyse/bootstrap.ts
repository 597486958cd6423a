/**
 * The studentised bootstrap (bootstrap-t; Efron 1979, Hall 1988) of a mean over blocks.
 *
 * Each resample gives t* = (mean* - mean) / se*. Its quantiles take the place of Student's, so a skewed cost gets a skewed interval.
 */
import type { Resampler } from "./resample.ts";
import type { Sample } from "./sample.ts";

export interface Bootstrap {
  /** t* of every resample, in the resampler's order. */
  readonly t: Float64Array;
  /** Share of the resamples in which all drawn values were equal, so that t* does not exist. */
  readonly degenerate: number;
}

/** A resample whose variance is below this share of the sample's consists of one value and the rounding of sums. */
const NO_VARIANCE = 1e-12;

/** `blocks`: those that the sample's values belong to, in the same order. The sample must vary. */
export const bootstrapT = (sample: Sample, blocks: readonly number[], resampler: Resampler): Bootstrap => {
  const { n } = sample;
  if (sample.deviation === 0) throw new RangeError("a sample that does not vary cannot be studentised");
  if (blocks.length !== n) throw new RangeError(`${n} values do not belong to ${blocks.length} blocks`);
  // Standardised first: sums of squares of large, close numbers would lose the digits that the variance is made of.
  const standard = Float64Array.from(sample.values, (one) => (one - sample.mean) / sample.deviation);
  const positions = resampler.positionsFor(blocks);
  const t = new Float64Array(resampler.resamples);
  let degenerate = 0;
  for (let row = 0; row < t.length; row++) {
    let sum = 0;
    let squares = 0;
    for (let column = row * n; column < (row + 1) * n; column++) {
      const one = standard[positions[column] ?? 0] ?? 0;
      sum += one;
      squares += one * one;
    }
    const variance = (squares - (sum * sum) / n) / (n - 1);
    if (variance > NO_VARIANCE) t[row] = sum / n / Math.sqrt(variance / n);
    else {
      degenerate++;
      t[row] = sum > 0 ? Infinity : -Infinity;
    }
  }
  return { t, degenerate: degenerate / t.length };
};

/**
 * The order statistic below which a share `p` of an ascending array lies, rounded away from the middle: a bound rather too far out than too
 * near.
 */
export const orderQuantile = (ascending: Float64Array, p: number): number => {
  const rank = p * (ascending.length + 1);
  const index = (p < 0.5 ? Math.floor(rank) : Math.ceil(rank)) - 1;
  const inside = Math.min(ascending.length - 1, Math.max(0, index));
  const found = ascending[inside];
  if (found === undefined) throw new RangeError("an empty array has no quantiles");
  return found;
};
