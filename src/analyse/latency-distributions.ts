/** Latency distributions from the trials' histograms: all operations of all trials of an agent, pooled. Descriptive, not an estimate. */
import { groupsBy } from "./groups.ts";
import { keyOf } from "../domain/condition.ts";
import type { Histogram } from "../domain/driver.ts";
import type { LatencyDistribution, Percentile } from "../domain/run-view.ts";
import { conditionOfTrial } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { entriesOf } from "./histogram.ts";
import { total } from "./ledger.ts";

/** A percentile is told where at least this many operations lie beyond it: p99 from 10 000 operations on. */
const BEYOND = 100;

/** Shares at which curves are drawn: even steps, then ten steps for each further nine. */
const SHARES: readonly number[] = [
  ...Array.from({ length: 18 }, (_, index) => (index * 5) / 100),
  ...[1, 2, 3, 4, 5].flatMap((nines) =>
    Array.from({ length: 9 }, (_, index) => 1 - 10 ** -nines * (1 - index / 10)),
  ),
].filter((share) => share > 0);

const TIMED = ["service", "response"] as const;

export const latencyDistributions = (trials: readonly MeasuredTrial[]): readonly LatencyDistribution[] =>
  groupsBy(trials.flatMap(histogramsIn), ({ at, timed }) => `${keyOf(at)} ${timed}`).flatMap(
    (group): readonly LatencyDistribution[] => {
      const [first] = group;
      const buckets = pool(group.map(({ histogram }) => histogram));
      const operations = total(buckets, ([, count]) => count);
      const percentiles = percentilesOf(buckets, operations);
      return percentiles.length === 0
        ? []
        : [{ ...first.at, timed: first.timed, operations, trials: group.length, percentiles }];
    },
  );

/** Operations timed in groups have fewer entries: their curve would be that of means. */
const histogramsIn = (trial: MeasuredTrial) =>
  trial.outcome.driver.operations.flatMap((result) =>
    TIMED.flatMap((timed) => {
      const histogram = result[timed];
      return histogram === null || entriesOf(histogram) !== result.count
        ? []
        : [{ at: { ...conditionOfTrial(trial), operation: result.operation }, timed, histogram }];
    }),
  );

const pool = (histograms: readonly Histogram[]): readonly (readonly [number, number])[] => {
  const counts = new Map<number, number>();
  for (const { buckets } of histograms) {
    for (const [ns, count] of buckets) counts.set(ns, (counts.get(ns) ?? 0) + count);
  }
  return [...counts].sort(([left], [right]) => left - right);
};

const percentilesOf = (
  buckets: readonly (readonly [number, number])[],
  operations: number,
): readonly Percentile[] => {
  const found: Percentile[] = [];
  let below = 0;
  let next = 0;
  for (const [ns, count] of buckets) {
    below += count;
    for (let share = SHARES[next]; share !== undefined && below >= share * operations; share = SHARES[next]) {
      if (operations * (1 - share) >= BEYOND * (1 - 1e-9)) found.push({ share, ns });
      next += 1;
    }
  }
  return found;
};
