import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { binomialQuantile } from "../../src/analyse/distributions.ts";
import type { Budget } from "../../src/domain/plan.ts";
import type { AaContrast } from "../../src/domain/self-checks.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";
import type { Slot } from "./support/record-builder.ts";

const SCENARIOS = ["process-exec", "file-open", "network-connect", "syscall-tax"];
const BUDGETS: readonly Budget[] = [
  { scenario: "*", metric: "workload-cpu", limit: { kind: "absolute", value: 300 } },
];

const runOf = (
  cpuNs: (slot: Slot) => number,
  { blocks = 12, seed = 1, budgets = BUDGETS, scenarios = SCENARIOS } = {},
): ReturnType<typeof analyse> =>
  analyse(buildRecord({ blocks, agents: ["calibration-nothing", "falco"], scenarios, cpuNs, seed, budgets }));

const statesOf = ({ selfChecks }: ReturnType<typeof analyse>): ReadonlySet<AaContrast["state"]> =>
  new Set(selfChecks.aa.contrasts.map(({ state }) => state));

// The smallest k at which the exact binomial sum reaches 0.999, added up term by term with exact binomial coefficients.
test.each([
  [0, 0],
  [1, 1],
  [10, 4],
  [40, 7],
  [100, 13],
])("of %d independent comparisons chance rejects at most %d", (trials, most) => {
  expect(binomialQuantile(0.999, trials, 0.05)).toBe(most);
});

describe("the node compared with itself", () => {
  test("is compared by both baselines, and by an agent that starts nothing", () => {
    const next = seededNoise(1);
    const { aa } = runOf(() => 1000 + 5 * next()).selfChecks;
    expect(new Set(aa.contrasts.map(({ of }) => of))).toEqual(new Set(["baseline", "calibration-nothing"]));
    expect(aa.contrasts).toHaveLength(2 * 3 * SCENARIOS.length);
  });

  test("passes where it differs from itself by less than a third of the budget", () => {
    const next = seededNoise(1);
    const view = runOf(({ baseline }) => 1000 + 5 * next() + (baseline === 2 ? 50 : 0));
    expect(statesOf(view)).toEqual(new Set(["passed"]));
    expect(view.selfChecks.aa.contrasts[0]?.margin).toBeCloseTo(100, 9);
  });

  test.each([4, 12])("of %d blocks fails where the second baseline is dearer by more than that", (blocks) => {
    const next = seededNoise(1);
    const { selfChecks, warnings, verdicts } = runOf(
      ({ baseline }) => 1000 + 10 * next() + (baseline === 2 ? 250 : 0),
      { blocks, scenarios: ["process-exec"] },
    );
    const [failure] = selfChecks.failures;
    expect(failure).toMatchObject({ kind: "aa", of: "baseline", metric: "workload-cpu" });
    expect(warnings[0]).toEqual({ kind: "check-failed", failure });
    expect(verdicts).toMatchObject([{ kind: "invalid", reason: { kind: "instrument-failed" } }]);
  });

  test("cannot be told where the noise is wider than a third of the budget, and where there is no budget", () => {
    const next = seededNoise(2);
    const noisy = (): number => 1000 + 300 * next();
    expect(statesOf(runOf(noisy))).toEqual(new Set(["open"]));
    expect(statesOf(runOf(() => 1000, { budgets: [] }))).toEqual(new Set(["open"]));
  });

  test("that cannot be told leaves open what lies nearer to the budget than it resolves", () => {
    const next = seededNoise(3);
    // The agent follows the mean of both baselines, which differ from each other by a noise of their own.
    const apart = Array.from({ length: 12 }, () => 120 * next());
    const costing = (costNs: number) =>
      runOf(
        ({ baseline, agent, block }) => {
          if (baseline !== null) return 1000 + (baseline === 1 ? 1 : -1) * (apart[block] ?? 0);
          return 1000 + (agent === "falco" ? costNs : 0);
        },
        { scenarios: ["process-exec"] },
      ).verdicts[0];
    expect(costing(280)).toMatchObject({
      kind: "inconclusive",
      reason: { kind: "unproven-resolution", by: { kind: "aa" }, reason: { kind: "upper-bound-within" } },
    });
    expect(costing(320)).toMatchObject({
      kind: "inconclusive",
      reason: { kind: "unproven-resolution", reason: { kind: "lower-bound-over" } },
    });
    expect(costing(50)?.kind).toBe("within");
    expect(costing(900)?.kind).toBe("over");
  });

  test("under 4 blocks has no interval and fails nothing", () => {
    const { aa, failures } = runOf(({ baseline }) => (baseline === 2 ? 1200 : 1000), {
      blocks: 3,
    }).selfChecks;
    expect(aa.contrasts.every(({ absolute, state }) => absolute.low === null && state === "open")).toBe(true);
    expect(failures).toEqual([]);
  });
});

test("a quiet node fails the check in no run of 250, and passes it in most", () => {
  const runs = 250;
  const next = seededNoise(31);
  let failed = 0;
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    const view = runOf(() => 1000 * Math.exp(0.04 * next()), {
      blocks: 6,
      seed: run,
      scenarios: ["process-exec"],
    });
    if (statesOf(view).has("failed")) failed++;
    if (!statesOf(view).has("open")) passed++;
  }
  expect(failed).toBe(0);
  expect(passed / runs).toBeGreaterThan(0.8);
});
