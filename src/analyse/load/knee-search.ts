/**
 * Where the next probe goes, and the knee so far. One start of an agent:
 *
 *     pilot, calm, overload   how fast the workload is, the usual delay, what an overload delivers: they bound the knee
 *         -> probes at the median of what is believed, and at its quartiles in turn; longer, the narrower the interval
 *         -> knee, once the interval is narrow or the workload's end is reached
 */
import { median } from "simple-statistics";
import type { Agent } from "../../domain/agent.ts";
import type { Knee, KneeSearch, Probe } from "../../domain/under-load.ts";
import { LEVEL } from "../interval.ts";
import { createKneeFit, type KneeFit } from "./knee-fit.ts";
import { criterionOf, deliveredRate, fastestOf, MODELS, observationOf, waitLimitNs } from "./probes.ts";

const MIN_PROBES = 8;
/** Upper over lower end of the interval. */
const NARROW = 1.1;
const QUANTILES = [0.5, 0.25, 0.75] as const;
const LOWER = (1 - LEVEL) / 2;

const LONGEST = 8;
/** [upper over lower end from which on, seconds] */
const LENGTHS = [
  [1.6, 3],
  [1.25, 4],
  [0, LONGEST],
] as const;
/** Bad operations that a window at the knee should have. */
const MIN_BAD = 3;

/** The knee is looked for from so much less than what an overload delivers, to so much more than that or than the workload can do. */
const BELOW = 20;
const BEYOND = 4;
/** An overload seldom delivers less than the knee by more. */
const LIKELY = 1.5;

/** `overload`: what the agent's data sheet says of it when it cannot keep up. */
export const createKneeSearch = (overload: Agent["overload"] | undefined): KneeSearch => {
  const criterion = criterionOf(overload);
  const probes: Probe[] = [];
  let fit: KneeFit | undefined;
  let done = 0;

  const begin = (): KneeFit | undefined => {
    const fastest = fastestOf(probes);
    const overloaded = probes.find(({ kind }) => kind === "overload");
    if (fastest === undefined || overloaded === undefined) return undefined;
    const delivered = Math.min(fastest, deliveredRate(overloaded));
    // Nothing at all came: all that is known is what was tried.
    const least = delivered > 0 ? delivered : fastest / BELOW;
    return createKneeFit(MODELS[criterion], {
      low: least / BELOW,
      high: BEYOND * Math.max(LIKELY * least, fastest),
      likelyBelow: delivered > 0 ? LIKELY * delivered : Infinity,
    });
  };

  return {
    add: (probe) => {
      probes.push(probe);
      // What confirms the knee must not decide it.
      if (probe.kind !== "search") return;
      const observation = observationOf(probe, criterion, waitLimitNs(probes));
      fit ??= begin();
      if (fit === undefined || observation === undefined) return;
      fit.add(observation);
      done++;
    },
    next: () => {
      fit ??= begin();
      const fastest = fastestOf(probes);
      if (fit === undefined || fastest === undefined) return undefined;
      const width = fit.quantile(1 - LOWER) / fit.quantile(LOWER);
      if (done >= MIN_PROBES && (width <= NARROW || fit.quantile(LOWER) >= fastest)) return undefined;
      const quantile = QUANTILES[done % QUANTILES.length] ?? 0.5;
      const rate = Math.min(fastest, fit.quantile(quantile));
      const [, byWidth] = LENGTHS.find(([from]) => width > from) ?? LENGTHS[2];
      // Fewer operations cannot tell the limit from none, and where the workload ends nothing is gained by another rate.
      const forLimit = MIN_BAD / (MODELS[criterion].limit * rate);
      return { rate, seconds: rate === fastest ? LONGEST : Math.min(LONGEST, Math.max(byWidth, forLimit)) };
    },
    knee: () => {
      const fastest = fastestOf(probes);
      if (fit === undefined || fastest === undefined || done === 0) return undefined;
      const value = fit.quantile(0.5);
      const low = fit.quantile(LOWER);
      return value > fastest
        ? { value: null, low: Math.min(low, fastest), high: null }
        : { value, low, high: fit.quantile(1 - LOWER) };
    },
  };
};

/** Undefined where its probes tell nothing. */
export const kneeOfStart = (
  probes: readonly Probe[],
  overload: Agent["overload"] | undefined,
): Knee | undefined => {
  const search = createKneeSearch(overload);
  for (const probe of probes) search.add(probe);
  return search.knee();
};

/** Over the starts, which are the replicates: their median, and all that their intervals span. */
export const kneeOfStarts = (knees: readonly Knee[]): Knee | undefined => {
  if (knees.length === 0) return undefined;
  const value = median(knees.map((knee) => knee.value ?? Infinity));
  const lows = knees.map((knee) => knee.low);
  const low = Math.min(...lows);
  const highs = knees.flatMap((knee) => knee.high ?? []);
  // Of two starts, one of which did not reach it, the median is beyond all numbers too.
  return Number.isFinite(value)
    ? { value, low, high: highs.length < knees.length ? null : Math.max(...highs) }
    : // Each of them is a bound by itself.
      { value: null, low: median(lows), high: null };
};
