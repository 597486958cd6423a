/** How much of the workload's time went into operations that had to wait: blocking shows there, dropping does not. */
import type { Histogram } from "../domain/driver.ts";

/** An exec, open or connect takes micro- to milliseconds; a scheduler's turn on a busy node a few milliseconds more. */
const STALL_NS = 20_000_000;

export interface Stalled {
  readonly stalledNs: number;
  readonly totalNs: number;
}

/** Sums of a histogram's times, each counted as its bucket's upper end. */
export const stalledIn = ({ buckets }: Histogram): Stalled => ({
  stalledNs: sum(buckets.filter(([ns]) => ns >= STALL_NS)),
  totalNs: sum(buckets),
});

const sum = (buckets: Histogram["buckets"]): number =>
  buckets.reduce((total, [ns, count]) => total + ns * count, 0);

/** 0 where there was no time to stall in. */
export const shareOf = (all: readonly Stalled[]): number => {
  const total = all.reduce((sum, { totalNs }) => sum + totalNs, 0);
  return total === 0 ? 0 : all.reduce((sum, { stalledNs }) => sum + stalledNs, 0) / total;
};
