import { expect, test } from "vitest";
import { exitCodeOfRun } from "../../src/cli/exit-code.ts";
import { EXIT } from "../../src/domain/errors.ts";
import type { Summary, VerdictKind } from "../../src/domain/verdict.ts";

/** Of a summary the exit code looks at verdicts and at whether anything was measured. */
const summary = (kinds: readonly VerdictKind[], measured = 10): Summary =>
  ({
    run: { trials: { measured, skipped: 0, failed: 0 } },
    verdicts: kinds.map((kind) => ({ kind })),
  }) as unknown as Summary;

test.each<[readonly VerdictKind[], number]>([
  [["within", "no-detectable-cost"], EXIT.withinBudget],
  [["within", "over", "inconclusive"], EXIT.overBudget],
  [["within", "inconclusive"], EXIT.inconclusive],
  [["within", "invalid"], EXIT.inconclusive],
  [[], EXIT.withinBudget],
])("with a declared budget %j exits with %i", (kinds, code) => {
  expect(exitCodeOfRun(summary(kinds), true)).toBe(code);
});

test("without a declared budget no verdict fails a run", () => {
  expect(exitCodeOfRun(summary(["over", "invalid"]), false)).toBe(EXIT.withinBudget);
});

test("a run in which nothing was measured has failed, whatever was declared", () => {
  expect(exitCodeOfRun(summary([], 0), false)).toBe(EXIT.runFailed);
  expect(exitCodeOfRun(summary([], 0), true)).toBe(EXIT.runFailed);
});
