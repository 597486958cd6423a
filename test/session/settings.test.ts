import { expect, test } from "vitest";
import { DEFAULT_BUDGETS, isBudgetDeclared } from "../../src/plan/budget-file.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import { readBudgets } from "../../src/session/budgets.ts";
import { lengthOf, type RunSettings } from "../../src/session/settings.ts";
import { FakeHost } from "../support/fake-host.ts";
import { fakeRun } from "../run/fake-run.ts";

const { quick } = PROFILES;

test.each([
  [undefined, undefined, { blocks: quick.blocks, stop: "blind", timeBudgetSeconds: quick.timeBudgetSeconds }],
  [undefined, 60, { blocks: quick.blocks, stop: "blind", timeBudgetSeconds: 60 }],
  [
    undefined,
    3 * quick.timeBudgetSeconds,
    { blocks: 3 * quick.blocks, stop: "blind", timeBudgetSeconds: 3 * quick.timeBudgetSeconds },
  ],
  [20, undefined, { blocks: 20, stop: "fixed", timeBudgetSeconds: undefined }],
  [20, 60, { blocks: 20, stop: "fixed", timeBudgetSeconds: 60 }],
])("with --blocks %s and --time-budget %s a run is as long as %j", (blocks, timeBudget, expected) => {
  const settings: RunSettings = {
    profile: "quick",
    filesOn: "disk",
    ...(blocks === undefined ? {} : { blocks }),
    ...(timeBudget === undefined ? {} : { timeBudget }),
  };
  expect(lengthOf(settings)).toEqual(expected);
});

const FILE = "budgets:\n  - scenario: file-open\n    metric: wall\n    at-most: 5 %\n";
const host = new FakeHost({ files: { "/budget.yaml": FILE } });

test("a budget is declared by a file, and by nothing else", async () => {
  const declared = await readBudgets(host, "/budget.yaml", ["file-open"]);
  expect(declared).toMatchObject({ budgetSource: "/budget.yaml", budgetDeclared: true });
  expect(declared.budgets).toHaveLength(1);
  expect(await readBudgets(host, undefined, [])).toBe(DEFAULT_BUDGETS);
  await expect(readBudgets(host, "/none.yaml", [])).rejects.toThrow(/cannot read the budget \/none\.yaml/);
});

test("a record that does not say whether a budget was declared is judged by where its budgets come from", () => {
  const { plan } = fakeRun({});
  expect(isBudgetDeclared({ ...plan, ...DEFAULT_BUDGETS })).toBe(false);
  expect(isBudgetDeclared({ ...plan, budgetSource: "b.yaml", budgetDeclared: true })).toBe(true);
  expect(isBudgetDeclared({ ...plan, budgetSource: "b.yaml" })).toBe(true);
  expect(isBudgetDeclared({ ...plan, budgetSource: DEFAULT_BUDGETS.budgetSource })).toBe(false);
});
