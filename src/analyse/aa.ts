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
import { type AllCollected, referencesOf } from "./collect.ts";
import { LEVEL, summarise } from "./interval.ts";
import { pairBlocks } from "./pair.ts";

const COMPARED: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];
/** Rejections beyond this share of what chance gives are taken for a fault of the instrument. */
const CHANCE = 0.999;

export const aaCheck = (collected: AllCollected, agents: Roles, blocks: readonly number[]): AaCheck => {
  const contrasts = [...collected.values()].flatMap((entry) => {
    const { key, metric, series, baseline } = entry;
    const against = comparedWith(baseline, injectedBy(agents, key.agent));
    if (against.length === 0 || !COMPARED.includes(metric)) return [];
    const references = referencesOf(collected, key, metric, against);
    const pairs = pairBlocks(series, references, blocks);
    if (pairs.blocks.length === 0) return [];
    const { interval } = summarise(pairs.differences);
    const contrast: AaContrast = {
      ...comparableOf(key),
      of: key.agent,
      metric,
      unit: METRICS[metric].unit,
      absolute: interval,
      blocks: pairs.blocks.length,
      rejected: interval.low !== null && interval.high !== null && (interval.low > 0 || interval.high < 0),
    };
    return [contrast];
  });
  const made = contrasts.filter(({ absolute }) => absolute.low !== null);
  return {
    contrasts,
    rejections: made.filter(({ rejected }) => rejected).length,
    mostByChance: binomialQuantile(CHANCE, made.length, 1 - LEVEL),
  };
};

const comparedWith = (baseline: 1 | 2 | null, injects: Injects | undefined): readonly (1 | 2)[] => {
  if (baseline === 2) return [1];
  return injects?.kind === "nothing" ? [1, 2] : [];
};

/** Why the check failed; empty where it did not. Too few blocks for an interval are no failure: nothing was rejected. */
export const aaFailure = ({ contrasts, rejections, mostByChance }: AaCheck): readonly CheckFailure[] => {
  const comparisons = contrasts.filter(({ absolute }) => absolute.low !== null).length;
  return rejections <= mostByChance ? [] : [{ kind: "aa", rejections, comparisons, mostByChance }];
};
