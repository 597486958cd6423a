/** Latency distributions from a record's histograms: all operations of all trials of an agent, pooled. Descriptive, not an estimate. */
import type { Histogram } from "../domain/driver.ts";
import type { RecordLine, TrialLine } from "../domain/record.ts";
import { loadName } from "../domain/scenario.ts";
import type { Group } from "./select.ts";

export interface Percentile {
  /** Share of the operations at or below `ns`, 0 to 1. */
  readonly share: number;
  readonly ns: number;
}

export interface Distribution {
  readonly agent: string;
  readonly operations: number;
  readonly trials: number;
  readonly percentiles: readonly Percentile[];
}

/** A percentile is drawn where at least this many operations lie beyond it: p99 from 10 000 operations on. */
const BEYOND = 100;

/** Shares at which curves are drawn: even steps, then ten steps for each further nine. */
const SHARES: readonly number[] = [
  ...Array.from({ length: 18 }, (_, index) => (index * 5) / 100),
  ...[1, 2, 3, 4, 5].flatMap((nines) =>
    Array.from({ length: 9 }, (_, index) => 1 - 10 ** -nines * (1 - index / 10)),
  ),
].filter((share) => share > 0);

const entriesOf = ({ buckets }: Histogram): number => buckets.reduce((sum, [, count]) => sum + count, 0);

/**
 * `service` counts from an operation's start, `response` from when it was due, which only an open load tells: what a caller would have waited. Where
 * the two part, operations waited for others.
 */
export type Timed = "service" | "response";

const histogramsOf = (trial: TrialLine, operation: string, timed: Timed): readonly Histogram[] =>
  trial.outcome.kind === "measured" && trial.rejected === null
    ? trial.outcome.driver.operations
        .filter((result) => result.operation === operation)
        .flatMap((result) => {
          const histogram = result[timed];
          return histogram === null ? [] : [{ histogram, count: result.count }];
        })
        // Operations timed in groups have fewer entries: their curve would be that of means.
        .filter(({ histogram, count }) => entriesOf(histogram) === count)
        .map(({ histogram }) => histogram)
    : [];

const pool = (histograms: readonly Histogram[]): readonly (readonly [number, number])[] => {
  const counts = new Map<number, number>();
  for (const { buckets } of histograms) {
    for (const [ns, count] of buckets) counts.set(ns, (counts.get(ns) ?? 0) + count);
  }
  return [...counts].sort(([left], [right]) => left - right);
};

const percentilesOf = (
  buckets: readonly (readonly [number, number])[],
  total: number,
): readonly Percentile[] => {
  const found: Percentile[] = [];
  let below = 0;
  let next = 0;
  for (const [ns, count] of buckets) {
    below += count;
    for (let share = SHARES[next]; share !== undefined && below >= share * total; share = SHARES[next]) {
      if (total * (1 - share) >= BEYOND * (1 - 1e-9)) found.push({ share, ns });
      next += 1;
    }
  }
  return found;
};

/** Distributions of a group, one for each agent that has trials in the record, in the order of `agents`. */
export const distributionsOf = (
  lines: readonly RecordLine[],
  group: Omit<Group, "estimates">,
  agents: readonly string[],
  timed: Timed,
): readonly Distribution[] => {
  const trials = lines.filter(
    (line): line is TrialLine =>
      line.type === "trial" &&
      line.scenario === group.scenario &&
      line.placement === group.placement &&
      loadName(line.load) === group.load,
  );
  return agents.flatMap((agent) => {
    const histograms = trials
      .filter((trial) => trial.agent === agent)
      .flatMap((trial) => histogramsOf(trial, group.operation, timed));
    const buckets = pool(histograms);
    const operations = buckets.reduce((sum, [, count]) => sum + count, 0);
    const percentiles = percentilesOf(buckets, operations);
    return percentiles.length === 0 ? [] : [{ agent, operations, trials: histograms.length, percentiles }];
  });
};
