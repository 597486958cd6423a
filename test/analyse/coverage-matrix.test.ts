/** What was tried under each agent as a matrix, and which claims are wrong. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { coverageMatrix } from "../../src/analyse/coverage-matrix.ts";
import type { CoverageLine, TechniqueTried } from "../../src/domain/record.ts";
import { buildRecord } from "./support/record-builder.ts";

type Tried = Extract<TechniqueTried, { readonly kind: "tried" }>;

const tried = (technique: string, change: Partial<Tried> = {}): Tried => ({
  kind: "tried",
  technique,
  times: 10,
  right: 10,
  otherwise: 0,
  claimed: "right",
  claim: null,
  ...change,
});

const line = (agent: string, outcome: CoverageLine["outcome"]): CoverageLine => ({
  type: "coverage",
  id: "0001",
  agent,
  startedAt: "2026-01-01T00:00:00.000Z",
  outcome,
  leftovers: [],
});

const cellOf = (one: Tried) => {
  const matrix = coverageMatrix([line("a", { kind: "tried", settings: {}, techniques: [one] })]);
  return matrix?.cells[0];
};

test.each([
  [{ right: 10, otherwise: 0 }, "right"],
  [{ right: 4, otherwise: 6 }, "otherwise"],
  [{ right: 0, otherwise: 10 }, "otherwise"],
  [{ right: 9, otherwise: 0 }, "sometimes"],
  [{ right: 0, otherwise: 1 }, "sometimes"],
  [{ right: 0, otherwise: 0 }, "nothing"],
] as const)("%j of ten is told %s", (counts, expected) => {
  expect(cellOf(tried("exec-path", counts))?.told).toBe(expected);
});

test.each([
  ["right", { right: 10 }, true],
  ["right", { right: 9 }, false],
  ["right", { right: 0 }, false],
  ["nothing", { right: 0 }, true],
  ["nothing", { right: 10 }, false],
  ["otherwise", { right: 0, otherwise: 10 }, true],
  ["otherwise", { right: 10 }, false],
  ["depends", { right: 3 }, null],
] as const)("a claim of %s with %j: %s", (claimed, counts, holds) => {
  expect(cellOf(tried("exec-path", { claimed, ...counts }))?.holds).toBe(holds);
});

test.each([
  ["some of them told, and losses admitted", { right: 9 }, 1, null],
  ["some of them told, and none admitted", { right: 9 }, 0, false],
  ["none of them told", { right: 0 }, 1, false],
  ["all of them told", { right: 10 }, 1, true],
] as const)(
  "a claim is neither kept nor broken by what an agent admits to have lost: %s",
  (_, counts, lost, holds) => {
    const techniques = [tried("exec-path", counts)];
    const matrix = coverageMatrix([line("a", { kind: "tried", settings: {}, techniques, lost })]);
    expect(matrix?.cells[0]?.holds).toBe(holds);
  },
);

test("what could not be done, under which agents, and what came to nothing", () => {
  const skipped = { kind: "skipped", technique: "kernel-kexec", reason: "kexec_load: ENOSYS" } as const;
  const matrix = coverageMatrix(
    [
      line("a", { kind: "tried", settings: {}, techniques: [tried("exec-path"), skipped] }),
      line("b", { kind: "tried", settings: {}, techniques: [tried("exec-path"), skipped] }),
      line("c", { kind: "skipped", reason: "not read" }),
      {
        ...line("d", { kind: "failed", stage: "ready", message: "late", lastLines: ["x"] }),
        leftovers: ["a map"],
      },
    ],
    [{ agent: "e", why: "not counted: it hands out nothing" }],
  );
  expect(matrix).toMatchObject({
    agents: ["a", "b"],
    techniques: ["exec-path", "kernel-kexec"],
    skipped: [{ technique: "kernel-kexec", agents: ["a", "b"], reason: "kexec_load: ENOSYS" }],
    untried: [
      { agent: "c", outcome: { kind: "skipped", reason: "not read" } },
      { agent: "d", outcome: { kind: "failed", stage: "ready", message: "late" } },
      { agent: "e", outcome: { kind: "skipped", reason: "not counted: it hands out nothing" } },
    ],
    leftovers: [{ agent: "d", what: ["a map"] }],
  });
  expect(matrix?.cells.map(({ agent, technique }) => `${agent} ${technique}`)).toEqual([
    "a exec-path",
    "b exec-path",
  ]);
});

test("a record without such lines has no matrix, and one with nothing else has a view", () => {
  const record = buildRecord({ blocks: 2, agents: ["a"] });
  expect(analyse(record)).not.toHaveProperty("matrix");
  const [header] = record;
  if (header === undefined) throw new Error("the record is empty");
  const settings = { hooks: "all" };
  const view = analyse([header, line("a", { kind: "tried", settings, techniques: [tried("exec-path")] })]);
  expect(view.matrix?.cells).toHaveLength(1);
  expect(view.run.blocks).toBe(0);
  expect(view.agents.find(({ id }) => id === "a")).toMatchObject({ settings, unmeasured: [] });
});
