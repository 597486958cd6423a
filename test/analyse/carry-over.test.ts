import { describe, expect, test } from "vitest";
import type { RecordLine } from "../../src/domain/record.ts";
import { analyse } from "../../src/analyse/analyse.ts";
import type { Budget } from "../../src/domain/plan.ts";
import type { CarryOver } from "../../src/domain/self-checks.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";
import type { Slot } from "./support/record-builder.ts";

const BUDGETS: readonly Budget[] = [
  { scenario: "*", metric: "workload-cpu", limit: { kind: "absolute", value: 300 } },
];

/** In the builder's blocks the second baseline comes straight after the last agent, the first one after a baseline. */
const runOf = (cpuNs: (slot: Slot) => number, blocks = 12): readonly RecordLine[] =>
  buildRecord({ blocks, agents: ["falco", "auditd"], cpuNs, budgets: BUDGETS });

const carryOverOf = (lines: readonly RecordLine[]): readonly CarryOver[] =>
  analyse(lines).selfChecks.carryOver;

describe("a baseline straight after an agent", () => {
  test("is compared with the other baseline of its block, and with nothing after an agent that no baseline follows", () => {
    const after = carryOverOf(runOf(({ baseline }) => (baseline === 2 ? 1100 : 1000)));
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({ after: "auditd", metric: "workload-cpu", trials: 12 });
    expect(after[0]?.difference.value).toBeCloseTo(100, 6);
  });

  test("that is dearer by more than a third of the budget fails the run", () => {
    const next = seededNoise(4);
    const { selfChecks, warnings } = analyse(
      // After the agent only, so that it does not show as a difference of the baselines in general.
      runOf(({ baseline, agent }) => 1000 + 5 * next() + (agent === "baseline" && baseline === 2 ? 300 : 0)),
    );
    expect(selfChecks.carryOver[0]?.state).toBe("failed");
    const failure = expect.objectContaining({ kind: "carry-over", after: "auditd" }) as unknown;
    expect(selfChecks.failures).toContainEqual(failure);
    expect(warnings).toContainEqual({ kind: "check-failed", failure });
  });

  test("that differs no more than a third of the budget passes, and more noise than that leaves it open", () => {
    const next = seededNoise(4);
    expect(carryOverOf(runOf(() => 1000 + 20 * next()))[0]?.state).toBe("passed");
    expect(carryOverOf(runOf(() => 1000 + 300 * next()))[0]?.state).toBe("open");
  });

  test("seen once gives no interval and no suspicion, however much it differs", () => {
    expect(carryOverOf(runOf(({ baseline }) => (baseline === 2 ? 9000 : 1000), 1))).toEqual([
      expect.objectContaining({
        trials: 1,
        difference: { value: 8000, low: null, high: null },
        state: "open",
      }),
    ]);
  });
});

/** The agent before block 5's second baseline is another one, which is followed in no other block. */
const followedOnce = (dearer: (slot: Slot) => boolean): readonly CarryOver[] => {
  const next = seededNoise(7);
  const lines = buildRecord({
    blocks: 12,
    agents: ["falco", "auditd"],
    scenarios: ["file-open", "network-connect"],
    cpuNs: (slot) => 1000 + 5 * next() + (slot.block === 5 && slot.baseline === 2 && dearer(slot) ? 900 : 0),
    budgets: BUDGETS,
  }).map((line) =>
    line.type === "turn" && line.block === 5 && line.agent === "auditd" ? { ...line, agent: "laurel" } : line,
  );
  return carryOverOf(lines).filter(({ after }) => after === "laurel");
};

describe("a baseline that is the only one after its agent", () => {
  test("fails no run by one trial: a disturbance from outside hits one too", () => {
    const states = followedOnce(({ scenario }) => scenario === "file-open");
    expect(states.map(({ scenario, trials, state }) => [scenario, trials, state])).toEqual([
      ["file-open", 1, "open"],
      ["network-connect", 1, "passed"],
    ]);
    const [{ difference, margin } = expect.fail("nothing was compared")] = states;
    expect(difference.low).toBeGreaterThan(margin ?? Infinity);
  });

  test("fails it by two, since what an agent leaves lasts", () => {
    expect(followedOnce(() => true).map(({ state }) => state)).toEqual(["failed", "failed"]);
  });
});

/** Every block in the order agent, baseline, baseline, so that the next block's agent follows a baseline. */
const turnsInOrder = (order: readonly string[]): readonly RecordLine[] => {
  const lines = runOf(({ baseline }) => (baseline === 1 ? 1500 : 1000));
  const placeOf = (agent: string, baseline: 1 | 2 | null): number =>
    order.indexOf(baseline === null ? agent : `baseline-${baseline}`);
  const original = ["baseline-1", "falco", "auditd", "baseline-2"];
  return lines.map((line) => {
    if (line.type === "trial") return { ...line, turn: placeOf(line.agent, line.baseline) };
    if (line.type === "turn") return { ...line, turn: order.indexOf(original[line.turn] ?? "") };
    return line;
  });
};

describe("the order of turns", () => {
  test("is the record's, also across the border of two blocks", () => {
    const after = carryOverOf(turnsInOrder(["baseline-1", "baseline-2", "auditd", "falco"]));
    // The first block's first baseline follows nothing.
    expect(after).toEqual([expect.objectContaining({ after: "falco", trials: 11 })]);
    expect(after[0]?.difference.value).toBeCloseTo(500, 6);
  });

  test("is broken where a resumed run starts anew", () => {
    const lines = turnsInOrder(["baseline-1", "baseline-2", "auditd", "falco"]);
    const [header] = lines;
    if (header?.type !== "header") throw new Error("a record begins with its header");
    const { host } = header;
    const at = lines.findIndex((line) => line.type === "block" && line.block === 5);
    const resume: RecordLine = { type: "resume", resumedAt: "2026-01-01T00:00:02.000Z", block: 6, host };
    const resumed = [...lines.slice(0, at + 1), resume, ...lines.slice(at + 1)];
    expect(carryOverOf(resumed)[0]?.trials).toBe(10);
  });

  test("in which both baselines of a block follow one agent leaves no baseline to compare with", () => {
    const order = ["baseline-1", "auditd", "baseline-2", "falco"];
    const lines = turnsInOrder(order).map((line) =>
      line.type === "turn" && line.agent === "falco" ? { ...line, agent: "auditd" } : line,
    );
    // Only in the first block does the first baseline follow nothing.
    expect(carryOverOf(lines)).toEqual([expect.objectContaining({ after: "auditd", trials: 1 })]);
  });
});
