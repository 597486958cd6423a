import { describe, expect, test } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { parseBudgets } from "../../src/plan/budget-file.ts";

const SCENARIOS = ["process-exec", "file-open"];
const parse = (text: string): ReturnType<typeof parseBudgets> => parseBudgets(text, "budget.yaml", SCENARIOS);
const messageOf = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof TareError) return error.message;
    throw error;
  }
  return "no error";
};

describe("a budget file", () => {
  test("declares limits in percent or in the metric's unit", () => {
    const budgets = parse(`
budgets:
  - scenario: process-exec
    metric: workload-cpu
    at-most: 10 %
  - { scenario: "*", metric: agent-memory, at-most: 0.5 GiB }
  - { scenario: file-open, metric: latency-p99, at-most: 1.5us }
  - { scenario: "*", metric: loss, at-most: 0.1% }
`);
    expect(budgets).toEqual([
      { scenario: "process-exec", metric: "workload-cpu", limit: { kind: "percent", percent: 10 } },
      { scenario: "*", metric: "agent-memory", limit: { kind: "absolute", value: 512 } },
      { scenario: "file-open", metric: "latency-p99", limit: { kind: "absolute", value: 1500 } },
      { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
    ]);
  });

  test.each([
    ["budgets: [", /^budget\.yaml:\d+: /],
    ["- 1", /^budget\.yaml:1: expected a map with the key "budgets"/],
    ["budget: []", /^budget\.yaml:1: expected "budgets" to be a list/],
    ["budgets: []", /^budget\.yaml:1: the list of budgets is empty/],
    [
      "budgets: [{scenario: file-open, metric: loss, at-most: 1 %}]\nmore: 1",
      /^budget\.yaml:2: unknown key "more"/,
    ],
    [
      "budgets:\n  - scenario: file-opem\n    metric: loss\n    at-most: 1 %",
      /:2: unknown scenario "file-opem"; did you mean "file-open"\?/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metric: workload-cp\n    at-most: 1 %",
      /:3: unknown metric "workload-cp"; did you mean "workload-cpu"\?/,
    ],
    ["budgets:\n  - scenario: file-open\n    metric: wall", /:2: "at-most" is missing/],
    [
      "budgets:\n  - scenario: file-open\n    metric: wall\n    at-most: 5",
      /:4: "5" is not an amount with a unit/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metric: wall\n    at-most: 5 MiB",
      /:4: "MiB" is no unit of "wall", which is in ns\/op/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metric: agent-memory\n    at-most: 5 %",
      /:4: "agent-memory" has no baseline/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metric: loss\n    at-most: 5 us",
      /:4: "loss" is declared in percent/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metrik: loss\n    at-most: 5 %",
      /unknown key "metrik"; did you mean "metric"\?/,
    ],
    ["budgets:\n  - file-open", /:2: expected a map with scenario, metric and at-most/],
  ])("%j is refused with the line and what was expected", (text, expected) => {
    expect(messageOf(text)).toMatch(expected);
  });
});
