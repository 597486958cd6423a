import { describe, expect, test } from "vitest";
import { outlyingOf } from "../../../src/analyse/fleet/outlying.ts";
import type { NodeValue } from "../../../src/analyse/fleet/random-effects.ts";
import { seededNoise } from "../support/record-builder.ts";

const fleet = (count: number, spread: number, seed: number, error = 1): readonly NodeValue[] => {
  const noise = seededNoise(seed);
  return Array.from({ length: count }, () => ({ value: 100 + spread * noise() + error * noise(), error }));
};

const without = (nodes: readonly NodeValue[], ...odd: readonly NodeValue[]): readonly NodeValue[] => [
  ...nodes.slice(odd.length),
  ...odd,
];

test("one bad node is found", () => {
  expect(outlyingOf(without(fleet(8, 2, 1), { value: 160, error: 1 }), 8)).toEqual([7]);
});

test("two bad nodes do not hide each other", () => {
  const bad = { value: 160, error: 1 };
  expect(new Set(outlyingOf(without(fleet(12, 2, 2), bad, bad), 12))).toEqual(new Set([10, 11]));
});

test("a node that lies far off, and is known no better than that, is none", () => {
  expect(outlyingOf(without(fleet(8, 2, 3), { value: 130, error: 30 }), 8)).toEqual([]);
});

test("of fewer than five nodes, none is called outlying", () => {
  expect(outlyingOf(without(fleet(4, 0, 4), { value: 9e9, error: 1 }), 4)).toEqual([]);
});

describe("without a bad node, one is named in no more than one fleet in twenty:", () => {
  test.each([
    [5, 0],
    [5, 6],
    [12, 0],
    [12, 2],
    [12, 6],
  ])("%d nodes with a spread of %d", (count, spread) => {
    const FLEETS = 500;
    const named = Array.from({ length: FLEETS }, (_, seed) =>
      outlyingOf(fleet(count, spread, seed + 1), count),
    ).filter((odd) => odd.length > 0).length;
    expect(named / FLEETS).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / FLEETS));
  });
});
