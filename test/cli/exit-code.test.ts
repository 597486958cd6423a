import { expect, test } from "vitest";
import { exitCodeOfRun, type Judged } from "../../src/cli/exit-code.ts";
import { EXIT } from "../../src/domain/errors.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";

const judged = (kinds: readonly VerdictKind[], measured = 10): Judged => ({
  run: { trials: { measured } },
  verdicts: kinds.map((kind) => ({ kind })),
});

test.each<[readonly VerdictKind[], number]>([
  [["within", "no-detectable-cost"], EXIT.withinBudget],
  [["within", "over", "inconclusive"], EXIT.overBudget],
  [["within", "inconclusive"], EXIT.inconclusive],
  [["within", "invalid"], EXIT.inconclusive],
  [[], EXIT.withinBudget],
])("with a declared budget %j exits with %i", (kinds, code) => {
  expect(exitCodeOfRun(judged(kinds), true)).toBe(code);
});

test("without a declared budget no verdict fails a run", () => {
  expect(exitCodeOfRun(judged(["over", "invalid"]), false)).toBe(EXIT.withinBudget);
});

test("a run in which nothing was measured has failed, whatever was declared", () => {
  expect(exitCodeOfRun(judged([], 0), false)).toBe(EXIT.runFailed);
  expect(exitCodeOfRun(judged([], 0), true)).toBe(EXIT.runFailed);
});
