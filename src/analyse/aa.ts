/**
 * A/A: the node compared with itself. Whatever such a comparison finds is the instrument's own error. It is not asked whether it finds something,
 * which on a quiet node it may and on a noisy one never would, but whether what it can be is small beside the budgets (`equivalence.ts`).
 */
import type { Injects } from "../domain/agent.ts";
import { comparableOf, keyOf } from "../domain/condition.ts";
import type { CheckFailure, Interval } from "../domain/reason.ts";
import { type Roles, injectedBy } from "../domain/run-header.ts";
import type { AaCheck, AaContrast } from "../domain/self-checks.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { type AllCollected, type Collected, referencesOf } from "./collect.ts";
import { type MarginOf, equivalenceOf } from "./equivalence.ts";
import { groupsBy } from "./groups.ts";
import { EQUIVALENCE_LEVEL, LEVEL, MIN_BLOCKS, intervalOf } from "./interval.ts";
import { type Mean, moderatedMeans } from "./mean.ts";
import { type Contrast, pairBlocks } from "./pair.ts";
import { sampleOf } from "./sample.ts";

const COMPARED: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];

interface Comparison extends Contrast {
  readonly entry: Collected;
}

export const aaCheck = (
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
  marginOf: MarginOf,
): AaCheck => {
  const comparisons = [...collected.values()].flatMap((entry): readonly Comparison[] => {
    const { key, metric, series, baseline } = entry;
    const against = comparedWith(baseline, injectedBy(agents, key.agent));
    if (against.length === 0 || !COMPARED.includes(metric)) return [];
    const contrast = pairBlocks(series, referencesOf(collected, key, metric, against), blocks);
    return contrast.blocks.length === 0 ? [] : [{ entry, ...contrast }];
  });
  const means = meansOf(comparisons);
  const joint = 1 - (1 - LEVEL) / Math.max(1, means.size);
  return {
    contrasts: comparisons.map((comparison): AaContrast => {
      const { key, metric } = comparison.entry;
      const mean = means.get(comparison);
      const absolute = intervalAt(comparison, mean, joint);
      const within = intervalAt(comparison, mean, EQUIVALENCE_LEVEL);
      const margin = marginOf(key, metric);
      return {
        ...comparableOf(key),
        of: key.agent,
        metric,
        unit: METRICS[metric].unit,
        absolute,
        within,
        margin,
        blocks: comparison.blocks.length,
        state: equivalenceOf(absolute, within, margin),
      };
    }),
  };
};

/** Those that have blocks enough for an interval; comparisons of one workload lend each other knowledge of their spread. */
const meansOf = (comparisons: readonly Comparison[]): ReadonlyMap<Comparison, Mean> => {
  const long = comparisons.filter(({ differences }) => differences.length >= MIN_BLOCKS);
  const groups = groupsBy(long, ({ entry }) => `${keyOf(comparableOf(entry.key))} ${entry.metric}`);
  return new Map(
    groups.flatMap((group) => {
      const means = moderatedMeans(
        group.map(({ differences, reference }) => ({
          sample: sampleOf(differences),
          scale: reference ?? 0,
        })),
      );
      return group.flatMap((comparison, index): [Comparison, Mean][] => {
        const mean = means[index];
        return mean === undefined ? [] : [[comparison, mean]];
      });
    }),
  );
};

const intervalAt = ({ differences }: Comparison, mean: Mean | undefined, level: number): Interval => {
  if (mean !== undefined) return intervalOf(mean, level);
  const sum = differences.reduce((all, one) => all + one, 0);
  return { value: sum / differences.length, low: null, high: null };
};

const comparedWith = (baseline: 1 | 2 | null, injects: Injects | undefined): readonly (1 | 2)[] => {
  if (baseline === 2) return [1];
  return injects?.kind === "nothing" ? [1, 2] : [];
};

export const aaFailures = ({ contrasts }: AaCheck): readonly CheckFailure[] =>
  contrasts.flatMap(({ state, of, metric, absolute: difference, margin, ...at }): readonly CheckFailure[] =>
    state === "failed" && margin !== null
      ? [{ kind: "aa", of, at: comparableOf(at), metric, difference, margin }]
      : [],
  );
