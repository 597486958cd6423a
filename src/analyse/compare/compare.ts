import type { BenchFile } from "../../domain/bench-file.ts";
import type { ComparedFigure, ComparedLoss, Comparison, Unread } from "../../domain/comparison.ts";
import { conditionOf, keyOf, trialConditionOf } from "../../domain/condition.ts";
import {
  type Loaded,
  type Refused,
  apartFrom,
  conflicts,
  labelsOf,
  loadsApart,
  variations,
} from "./conditions.ts";
import { fleetOf } from "./fleet.ts";

export type Compared = { readonly kind: "comparison"; readonly comparison: Comparison } | Refused;

/**
 * Records beside each other. Nothing is averaged over records but in `fleet`, and there only over nodes of one kind that were measured
 * alike. Pure: the same records give the same comparison.
 */
export const compare = (
  sides: readonly Loaded[],
  unread: readonly Unread[] = [],
  benches: readonly BenchFile[] = [],
): Compared => {
  const labels = labelsOf(sides);
  const conflicting = conflicts(sides);
  if (conflicting.length > 0) return { kind: "refused", conflicts: conflicting, labels };
  const apart = loadsApart(sides);
  const isApart = apartFrom(apart);
  return {
    kind: "comparison",
    comparison: {
      schema: 1,
      sides: sides.map(({ view }, index) => ({ label: labels[index] ?? "", view })),
      unread,
      varies: variations(sides),
      keptApart: apart,
      figures: figuresOf(sides).filter((one) => !isApart(one)),
      losses: lossesOf(sides).filter((one) => !isApart(one)),
      fleet: fleetOf(sides, benches),
    },
  };
};

const gather = <T>(
  lists: readonly (readonly T[])[],
  nameOf: (item: T) => string,
): readonly (readonly [T, readonly (T | null)[]])[] => {
  const found = new Map<string, [T, (T | null)[]]>();
  for (const [side, list] of lists.entries()) {
    for (const item of list) {
      const name = nameOf(item);
      const entry = found.get(name) ?? [item, lists.map(() => null)];
      entry[1][side] = item;
      found.set(name, entry);
    }
  }
  return [...found.values()];
};

export const figuresOf = (sides: readonly Pick<Loaded, "view">[]): readonly ComparedFigure[] =>
  gather(
    sides.map(({ view }) => view.estimates),
    (estimate) => `${keyOf(estimate)} ${estimate.metric}`,
  ).map(([first, figures]) => ({
    ...conditionOf(first),
    metric: first.metric,
    unit: first.unit,
    figures,
  }));

export const lossesOf = (sides: readonly Pick<Loaded, "view">[]): readonly ComparedLoss[] =>
  gather(
    sides.map(({ view }) => view.ledger),
    keyOf,
  ).map(([first, rows]) => ({ ...trialConditionOf(first), rows }));
