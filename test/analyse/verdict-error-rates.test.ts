/** How often a verdict is wrong where the truth lies exactly on the budget, and how often "no detectable cost" is found where there is none. */
import { expect, test } from "vitest";
import type { Collected } from "../../src/analyse/collect.ts";
import { seriesName } from "../../src/analyse/collect.ts";
import { type CostCheck, familyDecisions } from "../../src/analyse/cost-check.ts";
import { estimateAll } from "../../src/analyse/estimate.ts";
import { judgeCost } from "../../src/analyse/judge-cost.ts";
import { createResampler } from "../../src/analyse/resample.ts";
import type { Condition } from "../../src/domain/condition.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";
import { seededNoise } from "./support/record-builder.ts";

const BLOCKS = Array.from({ length: 20 }, (_, block) => block);
const LIMIT = 200;
const RUNS = 1000;
/** 3.29 standard deviations of a share: another seed leaves it about once in a thousand. */
const band = (share: number): number => 3.29 * Math.sqrt((share * (1 - share)) / RUNS);

const ratesAt = (truth: number): ReadonlyMap<VerdictKind, number> => {
  const noise = seededNoise(31);
  const resampler = createResampler(6, BLOCKS, 2000);
  const counts = new Map<VerdictKind, number>();
  for (let run = 0; run < RUNS; run++) {
    const drift = BLOCKS.map(() => 100 * noise());
    const entryOf = (agent: string, baseline: 1 | 2 | null, cost: number): [string, Collected] => {
      const key: Condition = {
        agent,
        scenario: "process-exec",
        operation: "exec",
        load: "closed",
        placement: "pinned",
      };
      const series = new Map(drift.map((shared, block) => [block, 1000 + shared + 10 * noise() + cost]));
      const entry: Collected = {
        key,
        metric: "workload-cpu",
        baseline,
        series,
        perEvent: new Map(),
        isLowerBound: false,
        missing: new Map(),
      };
      return [seriesName(key, "workload-cpu", baseline), entry];
    };
    const collected = new Map([
      entryOf("baseline", 1, 0),
      entryOf("baseline", 2, 0),
      entryOf("falco", null, truth),
    ]);
    for (const assessment of estimateAll(collected, [], BLOCKS, resampler)) {
      const check: CostCheck = {
        assessment,
        metric: "workload-cpu",
        limit: { kind: "absolute", value: LIMIT },
      };
      const { kind } = judgeCost(check, familyDecisions([check]).get(check));
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return new Map([...counts].map(([kind, count]) => [kind, count / RUNS]));
};

test("a cost exactly on the budget is called over or within in about 5 % of the runs each", () => {
  const rates = ratesAt(LIMIT);
  expect(Math.abs((rates.get("over") ?? 0) - 0.05)).toBeLessThan(band(0.05));
  expect(Math.abs((rates.get("within") ?? 0) - 0.05)).toBeLessThan(band(0.05));
});

test("where there is no cost, nine of ten runs say so, and none says over or inconclusive", () => {
  const rates = ratesAt(0);
  expect(Math.abs((rates.get("no-detectable-cost") ?? 0) - 0.9)).toBeLessThan(band(0.9));
  expect([...rates.keys()].sort()).toEqual(["no-detectable-cost", "within"]);
});
