import { describe, expect, test } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { METRIC_IDS, METRICS } from "../../src/domain/units.ts";
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
    ["2000 ns/op", "wall", 2000],
    ["2 µs", "wall", 2000],
    ["2 μs/op", "system-cpu", 2000],
    ["1 s", "latency-p99", 1e9],
    ["0.5 ms/op", "agent-cpu", 5e5],
    ["300 bytes/op", "output-volume", 300],
    ["1 byte", "output-volume", 1],
    ["1 core", "agent-cores", 1],
    ["1GiB", "agent-memory-peak", 1024],
  ])("takes %s for %s, as figures are written", (amount, metric, value) => {
    const text = `budgets: [{ scenario: file-open, metric: ${metric}, at-most: ${amount} }]`;
    expect(parse(text)[0]?.limit).toEqual({ kind: "absolute", value });
  });

  test.each(METRIC_IDS)("takes for %s each unit that the refusal of another names", (metric) => {
    const limited = (amount: string): string =>
      `budgets: [{ scenario: file-open, metric: ${metric}, at-most: ${amount} }]`;
    const named = /expected one of (.+)$/.exec(messageOf(limited("1 parsec")))?.[1]?.split(", ") ?? [];
    expect(named).not.toEqual([]);
    for (const unit of [...named, METRICS[metric].unit])
      expect(parse(limited(`1 ${unit}`))[0]?.limit.kind).toBe("absolute");
  });

  test.each([
    ["1 ns/op", "latency-p50"],
    ["1 MiB/op", "agent-memory"],
    ["1 cores/op", "agent-cores"],
  ])("%s is no unit of %s", (amount, metric) => {
    const text = `budgets: [{ scenario: file-open, metric: ${metric}, at-most: ${amount} }]`;
    expect(messageOf(text)).toMatch(/is no unit of/);
  });

  test.each([
    ["budgets: [", /^budget\.yaml:\d+: /],
    ["- 1", /^budget\.yaml:1: the file must be an object, found \[1\]/],
    ["budgets: 5", /^budget\.yaml:1: "budgets" must be a list, found 5/],
    ["budget: []", /^budget\.yaml:1: the file has the unknown key "budget"; did you mean "budgets"\?/],
    ["budgets: []", /^budget\.yaml:1: "budgets" must not be empty/],
    [
      "budgets: [{scenario: file-open, metric: loss, at-most: 1 %}]\nmore: 1",
      /^budget\.yaml:2: the file has the unknown key "more"; known: budgets/,
    ],
    [
      "budgets:\n  - scenario: file-opem\n    metric: loss\n    at-most: 1 %",
      /:2: unknown scenario "file-opem"; did you mean "file-open"\?/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metric: workload-cp\n    at-most: 1 %",
      /:3: "budgets\[0\]\.metric" cannot be "workload-cp"; did you mean "workload-cpu"\?/,
    ],
    ["budgets:\n  - scenario: file-open\n    metric: wall", /:2: "budgets\[0\]\.at-most" is missing/],
    [
      "budgets:\n  - scenario: file-open\n    metric: wall\n    at-most: 5",
      /:4: "budgets\[0\]\.at-most" must be an amount with a unit, .*, found 5/,
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
      "budgets:\n  - scenario: file-open\n    metric: loss\n    at-most: 150 %",
      /:4: a loss of 150 % is more than all operations/,
    ],
    [
      "budgets:\n  - scenario: file-open\n    metrik: loss\n    at-most: 5 %",
      /:3: "budgets\[0\]" has the unknown key "metrik"; did you mean "metric"\?/,
    ],
    ["budgets:\n  - file-open", /:2: "budgets\[0\]" must be an object, found "file-open"/],
  ])("%j is refused with the line and what was expected", (text, expected) => {
    expect(messageOf(text)).toMatch(expected);
  });
});
