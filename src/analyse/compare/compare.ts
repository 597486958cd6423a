import type { ComparedFigure, ComparedLoss, Comparison, Difference } from "../../domain/comparison.ts";
import type { Key } from "../../domain/verdict.ts";
import { conflicts, loadsApart, variations } from "./conditions.ts";
import { labelsOf } from "./labels.ts";
import type { Loaded } from "./loaded.ts";
import { poolsOf } from "./pools.ts";

export type Compared =
  | { readonly kind: "comparison"; readonly comparison: Comparison }
  /** The records are not of one measurement: the keys that differ. */
  | {
      readonly kind: "refused";
      readonly conflicts: readonly Difference[];
      readonly labels: readonly string[];
    };

/**
 * Records beside each other. Nothing is averaged over records but in `pools`, and there only over nodes of one kind that were measured
 * alike. Pure: the same records give the same comparison.
 */
export const compare = (sides: readonly Loaded[]): Compared => {
  const labels = labelsOf(sides);
  const conflicting = conflicts(sides);
  if (conflicting.length > 0) return { kind: "refused", conflicts: conflicting, labels };
  const apart = loadsApart(sides);
  const isApart = ({ scenario, load }: Pick<Key, "scenario" | "load">): boolean =>
    apart.some(({ what }) => what === `${scenario}, ${load}`);
  const figures = figuresOf(sides).filter((one) => !isApart(one));
  const { pools, keptApart } = poolsOf(sides, figures);
  return {
    kind: "comparison",
    comparison: {
      schema: 1,
      sides: sides.map(({ summary }, index) => ({ label: labels[index] ?? "", summary })),
      varies: variations(sides),
      keptApart: [...apart, ...keptApart],
      figures,
      losses: lossesOf(sides).filter((one) => !isApart(one)),
      pools,
    },
  };
};

/** Every key that a side has, in the order in which the sides list them. */
const gather = <T, K>(
  lists: readonly (readonly T[])[],
  keyOf: (item: T) => K,
): readonly (readonly [K, readonly (T | null)[]])[] => {
  const found = new Map<string, [K, (T | null)[]]>();
  for (const [side, list] of lists.entries()) {
    for (const item of list) {
      const key = keyOf(item);
      const name = JSON.stringify(key);
      const entry = found.get(name) ?? [key, lists.map(() => null)];
      entry[1][side] = item;
      found.set(name, entry);
    }
  }
  return [...found.values()];
};

export const figuresOf = (sides: readonly Pick<Loaded, "summary">[]): readonly ComparedFigure[] =>
  gather(
    sides.map(({ summary }) => summary.estimates),
    ({ agent, scenario, operation, load, placement, metric, unit }) => ({
      agent,
      scenario,
      operation,
      load,
      placement,
      metric,
      unit,
    }),
  ).map(([key, figures]) => ({ ...key, figures }));

export const lossesOf = (sides: readonly Pick<Loaded, "summary">[]): readonly ComparedLoss[] =>
  gather(
    sides.map(({ summary }) => summary.ledger),
    ({ agent, scenario, load, placement }) => ({ agent, scenario, load, placement }),
  ).map(([key, rows]) => ({ ...key, rows }));
