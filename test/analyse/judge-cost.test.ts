import { expect, test } from "vitest";
import { type CostCheck, familyDecisions } from "../../src/analyse/cost-check.ts";
import type { Assessment } from "../../src/analyse/estimate.ts";
import { judgeCost } from "../../src/analyse/judge-cost.ts";
import { plainMean } from "../../src/analyse/mean.ts";
import { sampleOf } from "../../src/analyse/sample.ts";
import type { Ruling } from "../../src/domain/verdict.ts";

const assessed = (values: readonly number[]): Assessment => ({
  estimate: {
    agent: "falco",
    scenario: "process-exec",
    operation: "exec",
    load: "closed",
    placement: "pinned",
    metric: "workload-cpu",
    unit: "ns/op",
    absolute: { value: 100, low: 90, high: 110 },
    ratio: null,
    hodgesLehmann: 100,
    baseline: 1000,
    level: 0.95,
    blocks: values.length,
    minimalDetectable: 1,
    bounds: null,
    standardError: null,
    degrees: null,
    bootstrap: null,
    notes: [],
  },
  absolute: plainMean(sampleOf(values)),
  logRatio: null,
});

const checkOf = (values: readonly number[], value: number): CostCheck => ({
  assessment: assessed(values),
  metric: "workload-cpu",
  limit: { kind: "absolute", value },
});

const alone = (check: CostCheck): Ruling => judgeCost(check, familyDecisions([check]).get(check));

/** Mean 100, standard deviation 8.87. */
const COST = [90, 110, 95, 105, 100, 100, 87.75, 112.25];

test("a budget in percent needs a ratio", () => {
  expect(alone({ ...checkOf(COST, 1), limit: { kind: "percent", percent: 5 } })).toEqual({
    kind: "invalid",
    reason: { kind: "no-ratio" },
    blocksNeeded: null,
  });
});

test("three blocks are exploratory, whatever they say", () => {
  expect(alone(checkOf([1000, 1001, 1002], 1))).toMatchObject({ kind: "inconclusive", blocksNeeded: 4 });
});

test("over and within are told apart, and the bounds that decide are those that are printed", () => {
  const over = alone(checkOf(COST, 90));
  expect(over).toMatchObject({ kind: "over", reason: { comparisons: 1 } });
  expect(over.reason.kind === "lower-bound-over" && over.reason.lower).toBeGreaterThan(90);
  const within = alone(checkOf(COST, 110));
  expect(within).toMatchObject({ kind: "within" });
  expect(within.reason.kind === "upper-bound-within" && within.reason.upper).toBeLessThan(110);
});

test("what is over by itself may not be over among many, and then asks for more blocks than it would alone", () => {
  // One-sided p of the cost against 94 by 8 blocks: 0.0486 (scipy).
  const check = checkOf(COST, 94);
  expect(alone(check).kind).toBe("over");
  const others = Array.from({ length: 20 }, () => checkOf(COST, 200));
  const decision = familyDecisions([...others, check]).get(check);
  expect(decision).toMatchObject({ rejected: false, comparisons: 21 });
  const ruling = judgeCost(check, decision);
  expect(ruling.kind).toBe("inconclusive");
  // scipy: smallest n with (t.ppf(1 - .05 / 21, n - 1) + t.ppf(.8, n - 1)) * 8.865 / sqrt(n) <= 6
  expect(ruling.blocksNeeded).toBe(33);
});

test("a mean so near its budget that a run of days would not tell gets no number of blocks", () => {
  const spread = [50, 150, 48, 148.8, 98.8, 98.8];
  expect(alone(checkOf(spread, 99.3))).toMatchObject({ kind: "inconclusive", blocksNeeded: null });
});

test("a check that cannot be asked belongs to no family", () => {
  const few = checkOf([1, 2], 1);
  const check = checkOf(COST, 90);
  const decisions = familyDecisions([few, check]);
  expect(decisions.has(few)).toBe(false);
  expect(decisions.get(check)).toMatchObject({ comparisons: 1 });
});
