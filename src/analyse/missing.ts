/** Readings that were not taken: never a 0, always a sentence. */
import type { MetricId } from "../domain/units.ts";
import { METRICS } from "../domain/units.ts";
import type { Collected } from "./collect.ts";
import { counted } from "./say.ts";

export interface MissingReadings {
  /** In none of an agent's trials: this node, or this agent, does not have it. */
  readonly never: readonly string[];
  /** In some of them: something went wrong. */
  readonly sometimes: readonly string[];
}

/** A quantile that a trial is too short for is neither: more operations would give it, and estimates simply leave it out. */
const isQuantile = (metric: MetricId): boolean =>
  metric.startsWith("latency-") || metric.startsWith("response-");

interface Tally {
  readonly agent: string;
  readonly metric: MetricId;
  taken: number;
  absent: number;
  readonly reasons: Set<string>;
}

export const missingReadings = (collected: ReadonlyMap<string, Collected>): MissingReadings => {
  const tallies = new Map<string, Tally>();
  for (const { key, metric, series, missing } of collected.values()) {
    if (isQuantile(metric)) continue;
    const name = JSON.stringify([key.agent, metric]);
    const tally = tallies.get(name) ?? {
      agent: key.agent,
      metric,
      taken: 0,
      absent: 0,
      reasons: new Set<string>(),
    };
    tallies.set(name, tally);
    tally.taken += series.size;
    for (const [reason, trials] of missing) {
      tally.absent += trials;
      tally.reasons.add(reason);
    }
  }
  const absent = [...tallies.values()].filter((tally) => tally.absent > 0);
  const say = (tally: Tally): string => [...tally.reasons].sort().join("; ");
  return {
    never: absent
      .filter((tally) => tally.taken === 0)
      .map((tally) => `${METRICS[tally.metric].title} of ${tally.agent}: ${say(tally)}`),
    sometimes: absent
      .filter((tally) => tally.taken > 0)
      .map(
        (tally) =>
          `${METRICS[tally.metric].title} of ${tally.agent} could not be read in ${tally.absent} of ${counted(tally.absent + tally.taken, "reading")}: ${say(tally)}`,
      ),
  };
};
