/**
 * A/A: the node compared with itself. Whatever such a comparison finds is the instrument's own error, so it must find something about as
 * often as its nominal 5 % says.
 */
import type { Injects } from "../domain/agent.ts";
import { comparableOf } from "../domain/condition.ts";
import type { CheckFailure } from "../domain/reason.ts";
import { type Roles, injectedBy } from "../domain/record.ts";
import type { AaCheck, AaContrast } from "../domain/self-checks.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { binomialQuantile } from "./distributions.ts";
import { orderQuantile } from "./bootstrap.ts";
import { type AllCollected, referencesOf } from "./collect.ts";
import { LEVEL, summarise } from "./interval.ts";
import { pairBlocks } from "./pair.ts";
import type { Resampler } from "./resample.ts";

const COMPARED: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];
/** Rejections beyond this share of what chance gives are taken for a fault of the instrument. */
const CHANCE = 0.999;

export const aaCheck = (
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
  resampler: Resampler,
): AaCheck => {
  const comparisons = [...collected.values()].flatMap((entry) => {
    const { key, metric, series, baseline } = entry;
    const against = comparedWith(baseline, injectedBy(agents, key.agent));
    if (against.length === 0 || !COMPARED.includes(metric)) return [];
    const references = referencesOf(collected, key, metric, against);
    const pairs = pairBlocks(series, references, blocks);
    if (pairs.blocks.length === 0) return [];
    const { interval, bootstrap } = summarise(pairs.differences, pairs.blocks, resampler);
    const contrast: AaContrast = {
      ...comparableOf(key),
      of: key.agent,
      metric,
      unit: METRICS[metric].unit,
      absolute: interval,
      blocks: pairs.blocks.length,
      rejected: interval.low !== null && interval.high !== null && (interval.low > 0 || interval.high < 0),
    };
    return [{ contrast, t: bootstrap?.t ?? null }];
  });
  const made = comparisons.filter(({ contrast }) => contrast.absolute.low !== null);
  return {
    contrasts: comparisons.map(({ contrast }) => contrast),
    rejections: made.filter(({ contrast }) => contrast.rejected).length,
    mostByChance: Math.max(
      binomialQuantile(CHANCE, made.length, 1 - LEVEL),
      jointQuantile(made.flatMap(({ t }) => (t === null ? [] : [t]))),
    ),
  };
};

const comparedWith = (baseline: 1 | 2 | null, injects: Injects | undefined): readonly (1 | 2)[] => {
  if (baseline === 2) return [1];
  return injects?.kind === "nothing" ? [1, 2] : [];
};

/**
 * The comparisons hang together: a trial that the hypervisor slowed down is slow in CPU time, on the clock and for the whole system. So
 * rejections come in clusters, and the binomial band, which takes them for independent, is too narrow. The resamples are shared
 * by all comparisons and carry that dependence: this counts in each of them how many of the comparisons are beyond their own 95 %.
 */
const jointQuantile = (joint: readonly Float64Array[]): number => {
  const [first] = joint;
  if (first === undefined) return 0;
  const rejections = new Float64Array(first.length);
  for (const t of joint) {
    const ascending = Float64Array.from(t).sort();
    const low = orderQuantile(ascending, (1 - LEVEL) / 2);
    const high = orderQuantile(ascending, (1 + LEVEL) / 2);
    for (let row = 0; row < t.length; row++) {
      const one = t[row] ?? 0;
      if (one < low || one > high) rejections[row] = (rejections[row] ?? 0) + 1;
    }
  }
  return orderQuantile(rejections.sort(), CHANCE);
};

/** Why the check failed; empty where it did not. Too few blocks for an interval are no failure: nothing was rejected. */
export const aaFailure = ({ contrasts, rejections, mostByChance }: AaCheck): readonly CheckFailure[] => {
  const comparisons = contrasts.filter(({ absolute }) => absolute.low !== null).length;
  return rejections <= mostByChance ? [] : [{ kind: "aa", rejections, comparisons, mostByChance }];
};
