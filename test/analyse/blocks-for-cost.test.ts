import { expect, test } from "vitest";
import { blocksForCost, minimalDetectable } from "../../src/analyse/power.ts";

const detectableIn = (deviation: number, n: number): number =>
  minimalDetectable({ deviation, n, degrees: n - 1 });

test("the blocks for a cost are the fewest whose smallest detectable cost is that small", () => {
  const deviation = 700;
  const blocks = 14;
  const needed = blocksForCost(detectableIn(deviation, blocks), blocks, 200);
  expect(needed).not.toBeNull();
  expect(detectableIn(deviation, needed ?? 0)).toBeLessThanOrEqual(200);
  expect(detectableIn(deviation, (needed ?? 0) - 1)).toBeGreaterThan(200);
});

test("a cost that fewer blocks would find still needs the four that an interval needs", () => {
  expect(blocksForCost(100, 14, 1e6)).toBe(4);
});

test("no number is given where there is none", () => {
  expect(blocksForCost(1e9, 14, 1)).toBeNull();
  expect(blocksForCost(100, 1, 50)).toBeNull();
  expect(blocksForCost(100, 14, 0)).toBeNull();
});
