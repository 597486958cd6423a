import { expect, test } from "vitest";
import type { Assessment } from "../../src/analyse/estimate.ts";
import { judgeCost } from "../../src/analyse/judge-cost.ts";
import { blocksFor } from "../../src/analyse/power.ts";
import { sampleOf } from "../../src/analyse/sample.ts";

/** Twelve blocks of hardly any spread whose bounds are nevertheless far apart, as a skewed bootstrap can make them. */
const assessment: Assessment = {
  estimate: {
    agent: "falco",
    scenario: "process-exec",
    operation: "exec",
    load: "closed",
    placement: "pinned",
    metric: "workload-cpu",
    unit: "ns/op",
    absolute: { value: 100, low: 90, high: 260 },
    ratio: null,
    hodgesLehmann: 100,
    baseline: 1000,
    level: 0.95,
    blocks: 12,
    minimalDetectable: 1,
    bounds: {
      absoluteUpper95: 250,
      absoluteLowerFamilyWise: 90,
      ratioUpper95: null,
      ratioLowerFamilyWise: null,
      absolute90: [92, 250],
      ratio90: null,
    },
    tInterval: { low: 99, high: 101 },
    notes: [],
  },
  absolute: sampleOf([99, 101, 99, 101, 99, 101, 99, 101, 99, 101, 99, 101]),
  logRatio: null,
  familySize: 1,
};

test("blocks that have not decided it are not said to be enough", () => {
  expect(blocksFor(assessment.absolute?.deviation ?? Number.NaN, 100, 0.05)).toBeLessThan(12);
  expect(judgeCost(assessment, "workload-cpu", { kind: "absolute", value: 200 })).toMatchObject({
    kind: "inconclusive",
    blocksNeeded: 13,
  });
});

test("a budget in percent needs a ratio", () => {
  expect(judgeCost(assessment, "workload-cpu", { kind: "percent", percent: 5 })).toEqual({
    kind: "invalid",
    reason: { kind: "no-ratio" },
    blocksNeeded: null,
  });
});
