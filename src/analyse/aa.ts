/**
 * A/A: the node compared with itself. Whatever such a comparison finds is the instrument's own error. It is not asked whether it finds something,
 * which on a quiet node it may and on a noisy one never would, but whether what it can be is small beside the budgets (`equivalence.ts`).
 */
import type { Injects } from "../domain/agent.ts";
import { comparableOf } from "../domain/condition.ts";
import type { CheckFailure } from "../domain/reason.ts";
import { type Roles, injectedBy } from "../domain/record.ts";
import type { AaCheck, AaContrast } from "../domain/self-checks.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { type AllCollected, type Collected, referencesOf } from "./collect.ts";
import { type MarginOf, equivalenceOf } from "./equivalence.ts";
import { EQUIVALENCE_LEVEL, LEVEL, MIN_BLOCKS } from "./interval.ts";
import { pairBlocks } from "./pair.ts";
import { intervalAt } from "./sample.ts";

const COMPARED: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];

interface Comparison {
  readonly entry: Collected;
  readonly differences: readonly number[];
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
    const references = referencesOf(collected, key, metric, against);
    const { differences } = pairBlocks(series, references, blocks);
    return differences.length === 0 ? [] : [{ entry, differences }];
  });
  const made = comparisons.filter(({ differences }) => differences.length >= MIN_BLOCKS).length;
  const joint = 1 - (1 - LEVEL) / Math.max(1, made);
  return {
    contrasts: comparisons.map(({ entry: { key, metric }, differences }): AaContrast => {
      const least = MIN_BLOCKS;
      const absolute = intervalAt(differences, joint, least);
      const within = intervalAt(differences, EQUIVALENCE_LEVEL, least);
      const margin = marginOf(key, metric);
      return {
        ...comparableOf(key),
        of: key.agent,
        metric,
        unit: METRICS[metric].unit,
        absolute,
        within,
        margin,
        blocks: differences.length,
        state: equivalenceOf(absolute, within, margin),
      };
    }),
  };
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
