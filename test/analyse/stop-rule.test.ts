import { describe, expect, test } from "vitest";
import type { Budget, Plan } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { PILOT_BLOCKS, blocksNeededFor } from "../../src/analyse/stop-rule.ts";
import { tQuantile } from "../../src/analyse/distributions.ts";
import { sampleOf } from "../../src/analyse/sample.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";
import type { Slot } from "./support/record-builder.ts";

const ABSOLUTE: Budget = {
  scenario: "*",
  metric: "workload-cpu",
  limit: { kind: "absolute", value: 60 },
};
const PERCENT: Budget = { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 5 } };

/** Noise of each slot, the same whatever else changes. */
const noiseOf = (sd: number): ((slot: Slot) => number) => {
  const next = seededNoise(5);
  const drawn = new Map<string, number>();
  return (slot) => {
    const name = `${slot.block}/${slot.agent}/${slot.baseline ?? ""}`;
    const one = drawn.get(name) ?? sd * next();
    drawn.set(name, one);
    return one;
  };
};

const planOf = (lines: readonly RecordLine[]): Plan => {
  const [header] = lines;
  if (header?.type !== "header") throw new Error("a record begins with its header");
  return header.plan;
};

const needed = (
  cpuNs: (slot: Slot) => number,
  budgets: readonly Budget[] = [ABSOLUTE],
  blocks = PILOT_BLOCKS,
  agents: readonly string[] = ["falco"],
): number => {
  const lines = buildRecord({ blocks, agents, budgets, cpuNs });
  return blocksNeededFor(lines, planOf(lines));
};

test("n is the smallest at which half the interval is a third of the budget", () => {
  const noise = noiseOf(40);
  const n = needed((slot) => 1000 + noise(slot));
  const at = (block: number, agent: string, baseline: 1 | 2 | null): number =>
    noise({
      block,
      agent,
      baseline,
      scenario: "",
      load: { kind: "closed", batches: 1, batchOperations: 1, warmupOperations: 0 },
    });
  const { deviation } = sampleOf(
    Array.from(
      { length: PILOT_BLOCKS },
      (_, block) => at(block, "falco", null) - (at(block, "baseline", 1) + at(block, "baseline", 2)) / 2,
    ),
  );
  const half = (blocks: number): number => (tQuantile(0.975, blocks - 1) * deviation) / Math.sqrt(blocks);
  expect(n).toBeGreaterThan(PILOT_BLOCKS);
  expect(half(n)).toBeLessThanOrEqual(20);
  expect(half(n - 1)).toBeGreaterThan(20);
});

describe("blind", () => {
  test("any shift of all of an agent's data gives the same n for a budget in units", () => {
    const noise = noiseOf(40);
    const [free, ...dear] = [0, 30, 60, 5_000].map((shift) =>
      needed((slot) => 1000 + noise(slot) + (slot.agent === "falco" ? shift : 0)),
    );
    expect(free).toBeGreaterThan(PILOT_BLOCKS);
    expect(dear).toEqual([free, free, free]);
  });

  test("any factor on all of an agent's data gives the same n for a budget in percent", () => {
    const noise = noiseOf(40);
    const [free, ...dear] = [1, 1.05, 3].map((factor) =>
      needed((slot) => (1000 + noise(slot)) * (slot.agent === "falco" ? factor : 1), [PERCENT]),
    );
    expect(free).toBeGreaterThan(PILOT_BLOCKS);
    expect(dear).toEqual([free, free]);
  });

  test("later blocks do not move what the pilot gave", () => {
    const noise = noiseOf(40);
    const cpuNs = (slot: Slot): number => 1000 + noise(slot) * (slot.block < PILOT_BLOCKS ? 1 : 9);
    const answers = [0, 1, 5].map((more) => {
      const lines = buildRecord({ blocks: 40, agents: ["falco"], budgets: [ABSOLUTE], cpuNs });
      const upTo = lines.findIndex((line) => line.type === "block" && line.block === PILOT_BLOCKS - 1 + more);
      return blocksNeededFor(lines.slice(0, upTo + 1), planOf(lines));
    });
    expect(new Set(answers).size).toBe(1);
  });
});

test("before the pilot is complete all planned blocks are needed", () => {
  expect(needed(() => 1000, [ABSOLUTE], PILOT_BLOCKS - 1)).toBe(Infinity);
});

test("a run without spread stops after the pilot, one without a budget on a cost does not", () => {
  expect(needed(() => 1000)).toBe(PILOT_BLOCKS);
  expect(needed(() => 1000, [])).toBe(Infinity);
  expect(
    needed(() => 1000, [{ scenario: "*", metric: "loss", limit: { kind: "percent", percent: 1 } }]),
  ).toBe(Infinity);
});

test("the noisiest agent decides, and calibration agents never", () => {
  const noise = noiseOf(10);
  const cpuNs = (slot: Slot): number =>
    1000 + noise(slot) * (slot.agent === "noisy" ? 8 : slot.agent.startsWith("calibration-") ? 80 : 1);
  const quiet = needed(cpuNs, [ABSOLUTE], PILOT_BLOCKS, ["falco"]);
  expect(needed(cpuNs, [ABSOLUTE], PILOT_BLOCKS, ["falco", "calibration-cost@0"])).toBe(quiet);
  expect(needed(cpuNs, [ABSOLUTE], PILOT_BLOCKS, ["falco", "noisy"])).toBeGreaterThan(quiet);
});

test("more checks ask for more blocks, since Holm's procedure asks more of the first of them", () => {
  const noise = noiseOf(40);
  const cpuNs = (slot: Slot): number => 1000 + noise(slot);
  const twenty = Array.from({ length: 20 }, () => ABSOLUTE);
  expect(needed(cpuNs, twenty)).toBeGreaterThan(needed(cpuNs));
});
