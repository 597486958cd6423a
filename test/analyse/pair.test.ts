import fc from "fast-check";
import { expect, test } from "vitest";
import { pairBlocks } from "../../src/analyse/pair.ts";

const series = (...values: readonly (number | undefined)[]): ReadonlyMap<number, number> =>
  new Map(values.flatMap((one, block) => (one === undefined ? [] : [[block, one] as const])));

test("the references are averaged as numbers for a difference and as logarithms for a ratio", () => {
  const contrast = pairBlocks(series(200), [series(100), series(400)], [0]);
  expect(contrast.differences).toEqual([200 - 250]);
  expect(contrast.logRatios?.[0]).toBeCloseTo(Math.log(200 / Math.sqrt(100 * 400)), 12);
  expect(contrast.reference).toBe(250);
});

test("only blocks that hold the agent and every reference count", () => {
  const contrast = pairBlocks(
    series(2, 2, undefined, 2, 2),
    [series(1, 1, 1, undefined, 1), series(1, undefined, 1, 1, 1)],
    [0, 1, 2, 3],
  );
  expect(contrast.blocks).toEqual([0]);
});

test("without any reference nothing is paired", () => {
  expect(pairBlocks(series(1, 2), [], [0, 1])).toEqual({
    blocks: [],
    differences: [],
    logRatios: [],
    reference: null,
    perEvent: 1,
  });
});

test("a value that is not positive has no ratio, but a difference", () => {
  const contrast = pairBlocks(series(0, 3), [series(1, 1)], [0, 1]);
  expect(contrast.logRatios).toBeNull();
  expect(contrast.differences).toEqual([-1, 2]);
});

test("two baselines compared with each other are a plain pair", () => {
  const contrast = pairBlocks(series(5, 7), [series(4, 9)], [0, 1]);
  expect(contrast.differences).toEqual([1, -2]);
});

test("what is common to a block drops out of its difference", () => {
  const readings = fc.array(
    fc.tuple(...([0, 1, 2] as const).map(() => fc.integer({ min: 1, max: 10_000 }))),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(readings, fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 20 }), (rows, drift) => {
      const column = (index: number, shift: (block: number) => number): ReadonlyMap<number, number> =>
        new Map(rows.map((row, block) => [block, (row[index] ?? 0) + shift(block)]));
      const blocks = rows.map((_, block) => block);
      const contrastOf = (shift: (block: number) => number): readonly number[] =>
        pairBlocks(column(0, shift), [column(1, shift), column(2, shift)], blocks).differences;
      expect(contrastOf((block) => drift[block] ?? 0)).toEqual(contrastOf(() => 0));
    }),
  );
});

test("a difference is spread over what was delivered of it, and a ratio with it", () => {
  const contrast = pairBlocks(series(150, 150), [series(100, 100)], [0, 1], series(4));
  // 50 for an operation, of which one in four was delivered; the second block is not counted.
  expect(contrast.differences).toEqual([200, 50]);
  expect(contrast.logRatios?.[0]).toBeCloseTo(Math.log(3), 12);
  expect(contrast.logRatios?.[1]).toBeCloseTo(Math.log(1.5), 12);
  expect(contrast.reference).toBe(100);
  expect(contrast.perEvent).toBe(2.5);
});

test("where an event would have been cheaper than nothing there is no ratio", () => {
  expect(pairBlocks(series(60), [series(100)], [0], series(4)).logRatios).toBeNull();
});
