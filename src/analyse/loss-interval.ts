/**
 * Bounds of a share of lost events.
 *
 * Losses come in bursts: events of one block are lost together, so a binomial bound, which takes them for independent, is too narrow. A bound over
 * blocks alone collapses where all blocks lost the same, and above all where none lost anything. The wider of the two holds in both cases.
 */
import { sampleStandardDeviation } from "simple-statistics";
import { lowerShare, tQuantile, upperShare } from "./distributions.ts";

export interface Loss {
  readonly lost: number;
  readonly operations: number;
  readonly blocks: number;
  /** Over blocks; null under 2. */
  readonly error: number | null;
}

/** Standard error of the mean of the blocks' shares; null under 2 blocks, which tell nothing of how much blocks differ. */
export const blockError = (shares: readonly number[]): number | null =>
  shares.length < 2 ? null : sampleStandardDeviation([...shares]) / Math.sqrt(shares.length);

/** One-sided, each end with its own error. */
export const lossBounds = (
  { lost, operations, blocks, error }: Loss,
  alpha: { readonly low: number; readonly high: number },
): { readonly low: number; readonly high: number } => {
  const share = lost / operations;
  const reach = (tail: number): number =>
    error === null || error === 0 ? 0 : error * tQuantile(1 - tail, blocks - 1);
  return {
    low: Math.max(0, Math.min(lowerShare(lost, operations, alpha.low), share - reach(alpha.low))),
    high: Math.min(1, Math.max(upperShare(lost, operations, alpha.high), share + reach(alpha.high))),
  };
};
