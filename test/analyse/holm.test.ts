import fc from "fast-check";
import { expect, test } from "vitest";
import { holm } from "../../src/analyse/holm.ts";

const rejected = (ps: readonly number[]): readonly boolean[] => holm(ps).map((one) => one.rejected);

test("each of the ascending p is held against its own share of the error, until one fails", () => {
  // By hand: 0.001 <= 0.05 / 4, 0.012 <= 0.05 / 3, 0.03 > 0.05 / 2.
  expect(rejected([0.012, 0.2, 0.001, 0.03])).toEqual([true, false, true, false]);
  expect(rejected([0.04, 0.01])).toEqual([true, true]);
  expect(rejected([0.04, 0.03])).toEqual([false, false]);
  expect(holm([])).toEqual([]);
});

test("each is told the error at which it was tested", () => {
  expect(holm([0.012, 0.2, 0.001, 0.03]).map(({ alpha }) => alpha)).toEqual([
    0.05 / 3,
    0.05 / 2,
    0.05 / 4,
    0.05 / 2,
  ]);
});

const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });

test("what is rejected lies below its own error, what is kept above, so that single bounds agree with the family", () => {
  fc.assert(
    fc.property(probabilities, (ps) => {
      for (const [index, { rejected, alpha }] of holm(ps).entries()) {
        expect((ps[index] ?? Number.NaN) <= alpha).toBe(rejected);
      }
    }),
  );
});

test("it rejects all that Bonferroni does, and nothing that no correction would keep", () => {
  fc.assert(
    fc.property(probabilities, (ps) => {
      const decisions = holm(ps);
      const rejectedWhere = (holds: (p: number) => boolean): readonly boolean[] =>
        decisions.filter((_, index) => holds(ps[index] ?? Number.NaN)).map((one) => one.rejected);
      expect(rejectedWhere((p) => p <= 0.05 / ps.length)).not.toContain(false);
      expect(rejectedWhere((p) => p > 0.05)).not.toContain(true);
    }),
  );
});
