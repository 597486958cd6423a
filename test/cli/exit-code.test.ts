import { expect, test } from "vitest";
import { exitCodeOfCoverage, exitCodeOfRun, type Judged } from "../../src/cli/exit-code.ts";
import { EXIT } from "../../src/domain/errors.ts";
import type { CoverageMatrix } from "../../src/domain/coverage-matrix.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";

const judged = (kinds: readonly VerdictKind[], measured = 10): Judged => ({
  run: { trials: { measured } },
  verdicts: kinds.map((kind) => ({ kind, reason: { kind: "no-ratio" } })),
  warnings: [],
  agents: [{ role: "baseline", measuredTrials: measured, unmeasured: [], status: "measured" }],
});

test.each<[readonly VerdictKind[], number]>([
  [["within", "no-detectable-cost"], EXIT.withinBudget],
  [["within", "over", "inconclusive"], EXIT.overBudget],
  [["within", "inconclusive"], EXIT.inconclusive],
  [["within", "invalid"], EXIT.inconclusive],
  [[], EXIT.inconclusive],
])("with a declared budget %j exits with %i", (kinds, code) => {
  expect(exitCodeOfRun(judged(kinds), true)).toBe(code);
});

test("without a declared budget no verdict fails a run", () => {
  expect(exitCodeOfRun(judged(["over", "invalid"]), false)).toBe(EXIT.withinBudget);
});

test.each<[string, Partial<Judged>]>([
  [
    "an agent that was named and left out",
    { verdicts: [{ kind: "invalid", reason: { kind: "unmeasured", what: "agent", why: null } }] },
  ],
  [
    "an agent of which every trial failed",
    {
      verdicts: [
        {
          kind: "invalid",
          reason: {
            kind: "none-measured",
            trials: 3,
            first: { kind: "failed", stage: "ready", message: "no sentinel" },
          },
        },
      ],
    },
  ],
  [
    "an agent that no budget asks for and that could not be started",
    {
      verdicts: [],
      agents: [
        { role: "baseline", measuredTrials: 6, unmeasured: [], status: "measured" },
        {
          role: "sensor",
          status: "measured",
          measuredTrials: 0,
          unmeasured: [{ kind: "failed", stage: "start", message: "ended by itself (exit status 1)" }],
        },
      ],
    },
  ],
  [
    "an agent that was named, that this node cannot run, and that no budget asks for",
    {
      verdicts: [],
      agents: [{ role: "sensor", measuredTrials: 0, unmeasured: [], status: "skipped", named: true }],
    },
  ],
  ["an agent that crashed", { warnings: [{ kind: "crashed" }] }],
  ["a cost far below nothing", { warnings: [{ kind: "impossible" }] }],
])("%s is never exit 0, whether or not a budget was declared", (_, change) => {
  for (const declared of [true, false])
    expect(exitCodeOfRun({ ...judged(["within"]), ...change }, declared)).toBe(EXIT.inconclusive);
});

test("a run in which nothing was measured has failed, whatever was declared", () => {
  expect(exitCodeOfRun(judged([], 0), false)).toBe(EXIT.runFailed);
  expect(exitCodeOfRun(judged([], 0), true)).toBe(EXIT.runFailed);
});

const MATRIX: CoverageMatrix = {
  agents: ["sensor"],
  techniques: ["exec-path"],
  cells: [
    {
      agent: "sensor",
      technique: "exec-path",
      times: 10,
      right: 10,
      otherwise: 0,
      told: "right",
      claimed: "right",
      claim: null,
      holds: true,
      example: null,
    },
  ],
  skipped: [],
  untried: [],
  leftovers: [],
};
const withHolds = (holds: boolean): CoverageMatrix => ({
  ...MATRIX,
  cells: MATRIX.cells.map((cell) => ({ ...cell, holds })),
});
const FAILED = { kind: "failed", stage: "ready", message: "no sentinel" } as const;

test.each<[string, Parameters<typeof exitCodeOfCoverage>[0], number]>([
  ["every claim holds", { matrix: MATRIX, agents: [{ id: "sensor", named: true }] }, EXIT.withinBudget],
  ["a claim is wrong", { matrix: withHolds(false), agents: [] }, EXIT.overBudget],
  [
    "an agent that was named could not be tried",
    { matrix: MATRIX, agents: [{ id: "falco@everything", named: true }] },
    EXIT.inconclusive,
  ],
  [
    "one that nobody named could not run here",
    { matrix: MATRIX, agents: [{ id: "falco@everything" }] },
    EXIT.withinBudget,
  ],
  [
    "an agent failed",
    { matrix: { ...MATRIX, untried: [{ agent: "auditd", outcome: FAILED }] }, agents: [] },
    EXIT.inconclusive,
  ],
  ["nothing was tried", { agents: [] }, EXIT.runFailed],
  ["nothing came of it", { matrix: { ...MATRIX, cells: [] }, agents: [] }, EXIT.runFailed],
])("coverage of which %s", (_, view, code) => {
  expect(exitCodeOfCoverage(view)).toBe(code);
});
