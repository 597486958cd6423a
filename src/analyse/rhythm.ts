/** Whether seconds that take far more than others come back at one interval, as schedules and housekeeping do. */
import { median } from "simple-statistics";
import type { Rhythm } from "../domain/watched.ts";

/** Above the usual by so many times the usual deviation, and by more than a reading's coarseness. */
const MIN_DEVIATIONS = 6;
const MIN_CORES = 0.002;
/** Two intervals between three of them are the least that can agree. */
const MIN_SPIKES = 3;
/** A reading falls on either side of a second. */
const SLACK_SECONDS = 1;
const MIN_AGREEING = 2 / 3;

/** `strip`: CPU time second by second; null where it could not be read. */
export const rhythmOf = (strip: readonly (number | null)[]): Rhythm | null => {
  const known = strip.filter((one) => one !== null);
  if (known.length < MIN_SPIKES) return null;
  const usual = median(known);
  const deviation = median(known.map((one) => Math.abs(one - usual)));
  const least = usual + Math.max(MIN_CORES, MIN_DEVIATIONS * deviation);
  const isSpike = (index: number): boolean => (strip[index] ?? 0) > least;
  // One that lasts for seconds is one.
  const starts = strip.flatMap((_, index) => (isSpike(index) && !isSpike(index - 1) ? [index] : []));
  if (starts.length < MIN_SPIKES) return null;
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  const everySeconds = median(gaps);
  const agreeing = gaps.filter((gap) => Math.abs(gap - everySeconds) <= SLACK_SECONDS).length;
  if (everySeconds <= 2 * SLACK_SECONDS || agreeing < MIN_AGREEING * gaps.length) return null;
  return { everySeconds, cores: median(starts.map((index) => strip[index] ?? 0)) };
};
