/** The median of all pairwise means (Hodges and Lehmann 1963): an estimate of the centre that one wild block cannot move far. */
import { medianSorted } from "simple-statistics";

/** Needs at least one value. */
export const hodgesLehmann = (values: readonly number[]): number => {
  const means: number[] = [];
  for (const [index, first] of values.entries()) {
    for (const second of values.slice(index)) means.push((first + second) / 2);
  }
  return medianSorted(means.sort((a, b) => a - b));
};
