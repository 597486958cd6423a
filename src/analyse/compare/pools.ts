/** Records of one kind of node, measured alike: how far the nodes differ from each other, and which does not fit in. */
import { median, medianAbsoluteDeviation } from "simple-statistics";
import type { ComparedFigure, Distribution, KeptApart, Pool } from "../../domain/comparison.ts";
import type { Estimate } from "../../domain/verdict.ts";
import { type Loaded, kindOf, poolConflicts } from "./conditions.ts";

const MIN_RECORDS = 3;
/** Of three records, no one can say which of them is odd. */
const MIN_FOR_OUTLIERS = 4;
/** Iglewicz and Hoaglin's limit for a deviation from the median in units of the spread (How to Detect and Handle Outliers, 1993). */
const FAR = 3.5;
const TO_NORMAL = 1.4826;

export const poolsOf = (
  sides: readonly Loaded[],
  figures: readonly ComparedFigure[],
): { readonly pools: readonly Pool[]; readonly keptApart: readonly KeptApart[] } => {
  const kinds = Map.groupBy(sides.entries(), ([, side]) => kindOf(side));
  const pools: Pool[] = [];
  const keptApart: KeptApart[] = [];
  for (const [title, group] of kinds) {
    if (group.length < MIN_RECORDS) continue;
    const members = group.map(([index]) => index);
    const [conflict] = poolConflicts(group.map(([, side]) => side));
    if (conflict === undefined) {
      pools.push({ title, sides: members, distributions: distributionsOf(figures, members) });
      continue;
    }
    keptApart.push({
      what: { kind: "pool", node: title },
      key: conflict.key,
      values: sides.map((_, index) => {
        const position = members.indexOf(index);
        return position < 0 ? null : (conflict.values[position] ?? null);
      }),
    });
  }
  return { pools, keptApart };
};

const distributionsOf = (
  compared: readonly ComparedFigure[],
  members: readonly number[],
): readonly Distribution[] =>
  compared.flatMap(({ figures, ...key }): readonly Distribution[] => {
    const present = members.flatMap((side) => {
      const estimate = figures[side] ?? null;
      return estimate === null ? [] : [{ side, estimate }];
    });
    if (present.length < MIN_RECORDS) return [];
    const values = present.map(({ side, estimate }) => ({ side, value: estimate.absolute.value }));
    const numbers = values.map(({ value }) => value);
    const middle = median(numbers);
    const spread = TO_NORMAL * medianAbsoluteDeviation(numbers);
    return [
      {
        ...key,
        values,
        median: middle,
        least: Math.min(...numbers),
        most: Math.max(...numbers),
        spread,
        outliers: present.length < MIN_FOR_OUTLIERS ? [] : outliersOf(present, middle, spread),
      },
    ];
  });

/**
 * A record whose value lies further from the median than 3.5 times the spread over records and its own uncertainty together. Without an
 * interval of its own a record is never called odd: it may just be noisy.
 */
const outliersOf = (
  present: readonly { readonly side: number; readonly estimate: Estimate }[],
  middle: number,
  spread: number,
): readonly number[] =>
  present
    .filter(({ estimate }) => {
      const { standardError: error } = estimate;
      return error !== null && Math.abs(estimate.absolute.value - middle) > FAR * Math.hypot(spread, error);
    })
    .map(({ side }) => side);
