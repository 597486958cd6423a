/** Which nodes do not fit in with the others. */
import { MIN_FOR_OUTLYING } from "../../domain/limits.ts";
import { tCdf } from "../distributions.ts";
import { FAMILY_ALPHA } from "../holm.ts";
import { distanceFrom, type NodeValue } from "./random-effects.ts";

/** At most every so many nodes one: where more are odd, there is no rule for them to be an exception from. */
const NODES_FOR_EACH = 4;

/**
 * Positions of the nodes that are outlying, the oddest first. `tests`: nodes over all figures that are looked at together.
 *
 * Rosner's procedure (1983), by each node's distance from those that are left without it: the oddest is taken out, then the oddest of the rest,
 * and all are outlying up to the last of them whose distance is no chance. So two odd nodes do not hide each other.
 */
export const outlyingOf = (nodes: readonly NodeValue[], tests: number): readonly number[] => {
  if (nodes.length < MIN_FOR_OUTLYING) return [];
  const most = Math.floor((nodes.length - 1) / NODES_FOR_EACH);
  const left = new Map(nodes.entries());
  const taken: { readonly index: number; readonly isFar: boolean }[] = [];
  while (taken.length < most) {
    const [oddest] = [...left.keys()]
      .map((index) => ({ index, distance: distanceOf(left, index) }))
      .toSorted((a, b) => b.distance - a.distance);
    if (oddest === undefined) break;
    const p = 2 * (1 - tCdf(oddest.distance, left.size - 2));
    taken.push({ index: oddest.index, isFar: p < FAMILY_ALPHA / (tests * most) });
    left.delete(oddest.index);
  }
  return taken.slice(0, taken.findLastIndex(({ isFar }) => isFar) + 1).map(({ index }) => index);
};

const distanceOf = (left: ReadonlyMap<number, NodeValue>, index: number): number => {
  const node = left.get(index);
  const others = [...left].flatMap(([other, value]) => (other === index ? [] : [value]));
  return node === undefined ? 0 : distanceFrom(others, node);
};
