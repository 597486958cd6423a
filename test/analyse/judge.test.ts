import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { normalQuantile } from "../../src/analyse/distributions.ts";
import type { Budget } from "../../src/domain/plan.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { Verdict } from "../../src/domain/verdict.ts";
import { reasonText } from "../../src/report/words/reasons.ts";
import type { RunSpec, Slot } from "./support/record-builder.ts";
import { buildRecord, OPEN } from "./support/record-builder.ts";

const cpu = (limit: Budget["limit"]): Budget => ({ scenario: "*", metric: "workload-cpu", limit });
const ns = (amount: number): Budget["limit"] => ({ kind: "absolute", value: amount });
const percent = (amount: number): Budget["limit"] => ({ kind: "percent", percent: amount });

const BLOCKS = 20;

/**
 * 1,000 ns an operation with a drift of blocks that all agents share; agents add their cost and a noise of their own that is normal in
 * shape, shuffled over the blocks, and exactly balanced, so that the estimate is the true cost and the table does not hang on a draw.
 */
const costing =
  (costs: Readonly<Record<string, number>>, deviation = 12): ((slot: Slot) => number) =>
  ({ agent, block }) => {
    const drift = 100 * Math.sin(block);
    if (agent === "baseline") return 1000 + drift;
    // 7 has no divisor in common with 20, so every rank comes once.
    const rank = (7 * block + 3) % BLOCKS;
    return 1000 + drift + deviation * normalQuantile((rank + 0.5) / BLOCKS) + (costs[agent] ?? 0);
  };

const verdictsOf = (spec: Partial<RunSpec> & { readonly budgets: readonly Budget[] }): readonly Verdict[] =>
  analyse(buildRecord({ blocks: BLOCKS, agents: ["falco"], ...spec })).verdicts;

const only = (verdicts: readonly Verdict[]): Verdict => {
  const [first, ...others] = verdicts;
  expect(others).toEqual([]);
  if (first === undefined) throw new Error("there is no verdict");
  return first;
};

describe("a cost against a budget", () => {
  test.each<[string, number, Budget["limit"], Verdict["kind"]]>([
    ["far under it", 50, ns(200), "within"],
    ["far over it", 300, ns(200), "over"],
    ["nothing, and the interval a third of it", 0, ns(200), "no-detectable-cost"],
    ["nothing, but the budget too fine for the noise", 0, ns(2), "inconclusive"],
    ["on it", 200, ns(200), "inconclusive"],
    ["clearly some, though less than a third of it", 50, ns(500), "within"],
    ["far under it in percent", 50, percent(20), "within"],
    ["far over it in percent", 300, percent(20), "over"],
    ["nothing, in percent", 0, percent(20), "no-detectable-cost"],
  ])("%s: a true cost of %d ns", (_, truth, limit, kind) => {
    const verdict = only(verdictsOf({ budgets: [cpu(limit)], cpuNs: costing({ falco: truth }) }));
    expect(verdict).toMatchObject({ kind, agent: "falco", operation: "exec", load: "closed" });
    expect(verdict.budget).toEqual(limit);
  });

  test("an agent that makes the workload a little faster is within, by more than a third of the budget is impossible", () => {
    const kinds = [-25, -60].map(
      (cost) => only(verdictsOf({ budgets: [cpu(ns(100))], cpuNs: costing({ falco: cost }) })).kind,
    );
    expect(kinds).toEqual(["within", "invalid"]);
  });

  test("the reason has the figure, its interval, the blocks and the bound, and words say all of it", () => {
    const none = only(verdictsOf({ budgets: [cpu(ns(200))], cpuNs: () => 1000 }));
    expect(none.reason).toEqual({
      kind: "equivalent",
      cost: {
        absolute: { value: 0, low: 0, high: 0 },
        ratio: { value: 1, low: 1, high: 1 },
        blocks: 20,
      },
      low: 0,
      high: 0,
    });
    expect(reasonText(none)).toBe(
      "0 ns/op [0 ns/op, 0 ns/op] (0 %), 20 blocks, against at most +200 ns/op: the 90 % interval [0 ns/op, 0 ns/op] holds zero and lies inside a third of the budget",
    );
    const over = only(verdictsOf({ budgets: [cpu(ns(200))], cpuNs: costing({ falco: 3000 }, 0) }));
    expect(over.reason).toMatchObject({ kind: "lower-bound-over", comparisons: 1 });
    expect(reasonText(over)).toMatch(
      /^\+3 us\/op \[\+3 us\/op, \+3 us\/op\] \(\+\d+(\.\d+)? %\), 20 blocks, against at most \+200 ns\/op: the lower 95 % bound over all 1 comparison is \+3 us\/op$/,
    );
  });

  test("inconclusive tells how many blocks would decide it, more than there were", () => {
    const verdict = only(verdictsOf({ budgets: [cpu(ns(8))], cpuNs: costing({ falco: 4 }) }));
    expect(verdict.kind).toBe("inconclusive");
    expect(verdict.blocksNeeded).toBeGreaterThan(20);
    expect(verdict.reason).toMatchObject({ kind: "bounds-straddle", blocksNeeded: verdict.blocksNeeded });
  });

  test.each([
    [1, "invalid", null],
    [2, "inconclusive", 4],
    [3, "inconclusive", 4],
    [4, "over", null],
  ])("with %d blocks a huge cost is %s", (blocks, kind, blocksNeeded) => {
    const verdict = only(verdictsOf({ blocks, budgets: [cpu(ns(1))], cpuNs: costing({ falco: 5000 }) }));
    expect(verdict).toMatchObject({ kind, blocksNeeded });
  });

  test("a budget for all scenarios judges each agent on each, a named one only that", () => {
    const named: Budget = { scenario: "file-open", metric: "wall", limit: ns(100) };
    const verdicts = verdictsOf({
      agents: ["falco", "auditd"],
      scenarios: ["process-exec", "file-open"],
      budgets: [cpu(ns(200)), named],
      cpuNs: costing({ falco: 50, auditd: 300 }),
    });
    expect(verdicts.map((one) => [one.scenario, one.metric, one.agent, one.kind])).toEqual([
      ["process-exec", "workload-cpu", "falco", "within"],
      ["process-exec", "workload-cpu", "auditd", "over"],
      ["file-open", "workload-cpu", "falco", "within"],
      ["file-open", "workload-cpu", "auditd", "over"],
      ["file-open", "wall", "falco", "within"],
      ["file-open", "wall", "auditd", "over"],
    ]);
  });

  test("a level is judged as it stands, and is never without detectable cost", () => {
    const memory = (amount: number): Budget => ({
      scenario: "*",
      metric: "agent-memory",
      limit: ns(amount),
    });
    expect(verdictsOf({ budgets: [memory(64), memory(8), memory(7.9)] }).map((one) => one.kind)).toEqual([
      "within",
      "within",
      "over",
    ]);
  });

  test("a level has no percentage", () => {
    const budget: Budget = { scenario: "*", metric: "agent-memory", limit: percent(5) };
    expect(only(verdictsOf({ budgets: [budget] }))).toMatchObject({
      kind: "invalid",
      reason: { kind: "no-baseline" },
    });
  });

  test("response time is judged under open loads only", () => {
    const budget: Budget = { scenario: "*", metric: "response-p50", limit: ns(500) };
    expect(verdictsOf({ budgets: [budget] })).toEqual([]);
    expect(only(verdictsOf({ budgets: [budget], loads: [OPEN] })).load).toBe("open@500/s");
  });
});

describe("what cannot carry a verdict", () => {
  const failed = { kind: "failed", stage: "window", message: "falco ended", lastLines: [] } as const;

  test("an emulated CPU", () => {
    const loss: Budget = { scenario: "*", metric: "loss", limit: percent(1) };
    const verdicts = verdictsOf({ emulated: true, budgets: [cpu(ns(200)), loss] });
    expect(verdicts.map((one) => one.kind)).toEqual(["invalid", "invalid"]);
    for (const verdict of verdicts) expect(verdict.reason).toEqual({ kind: "emulated" });
  });

  test.each([
    [2, "no-detectable-cost"],
    [3, "invalid"],
  ])("%d of 20 trials of the agent failed and none of the baseline's: %s", (failures, kind) => {
    const verdict = only(
      verdictsOf({
        budgets: [cpu(ns(200))],
        cpuNs: costing({}),
        outcome: ({ agent, block }, usual) => (agent === "falco" && block < failures ? failed : usual),
      }),
    );
    expect(verdict.kind).toBe(kind);
  });

  test("as many failures of agent and baseline leave the verdict", () => {
    const verdict = only(
      verdictsOf({
        budgets: [cpu(ns(200))],
        cpuNs: costing({}),
        outcome: ({ block }, usual) => (block < 5 ? failed : usual),
      }),
    );
    expect(verdict.kind).toBe("no-detectable-cost");
    expect(verdict.reason).toMatchObject({ cost: { blocks: 15 } });
  });

  test("an agent that never ran is invalid, not absent", () => {
    const verdict = only(
      verdictsOf({
        budgets: [cpu(ns(200))],
        outcome: ({ agent }, usual) => (agent === "falco" ? failed : usual),
      }),
    );
    expect(verdict).toMatchObject({ kind: "invalid", agent: "falco", operation: "*" });
    expect(verdict.reason).toMatchObject({
      kind: "none-measured",
      trials: 20,
      first: { kind: "failed" },
    });
  });

  test("a reading that was never taken is named with its reason", () => {
    const budget: Budget = { scenario: "*", metric: "agent-memory", limit: ns(64) };
    const verdict = only(
      verdictsOf({
        budgets: [budget],
        outcome: (_, usual) => ({
          ...usual,
          memory: { ...usual.memory, pssBytes: missing("no permission") },
        }),
      }),
    );
    expect(verdict).toMatchObject({
      kind: "invalid",
      reason: { kind: "not-read", reasons: ["no permission"] },
    });
  });
});

describe("loss against a budget", () => {
  const loss = (amount: number): Budget => ({ scenario: "*", metric: "loss", limit: percent(amount) });
  const losing = (lostPerTrial: number): NonNullable<RunSpec["outcome"]> => {
    return ({ agent }, usual) =>
      agent === "baseline" || usual.ledger.kind !== "counted"
        ? usual
        : {
            ...usual,
            ledger: { ...usual.ledger, delivered: usual.ledger.operations - lostPerTrial },
          };
  };

  // 20 trials of 300 operations.
  test.each([
    // 3 of 6,000 at most: scipy beta.ppf(.95, 1, 6000) = 0.0499 %
    ["none of 6,000", 0, 0.1, "within"],
    ["none of 6,000, under a budget finer than 3 / n", 0, 0.01, "inconclusive"],
    ["1 % in each trial", 3, 0.1, "over"],
    ["1 % in each trial", 3, 2, "within"],
    ["1 % in each trial, on the budget", 3, 1, "inconclusive"],
  ])("%s lost", (_, lostPerTrial, limit, kind) => {
    const verdict = only(verdictsOf({ budgets: [loss(limit)], outcome: losing(lostPerTrial) }));
    expect(verdict).toMatchObject({ kind, metric: "loss", operation: "exec" });
  });

  test("declared loss is loss", () => {
    const verdict = only(
      verdictsOf({
        budgets: [loss(0.1)],
        outcome: (slot, usual) => {
          const lost = losing(30)(slot, usual);
          return lost.kind === "measured" && lost.ledger.kind === "counted"
            ? { ...lost, ledger: { ...lost.ledger, declaredLost: value(30) } }
            : lost;
        },
      }),
    );
    expect(verdict.kind).toBe("over");
  });

  test("how many blocks would do is told where too few operations were done", () => {
    const verdict = only(verdictsOf({ budgets: [loss(0.01)] }));
    // ln(20) / 0.0001 = 29,957 operations at 300 a block: 100 blocks.
    expect(verdict.blocksNeeded).toBe(100);
  });

  test("two blocks may be enough, since operations are counted", () => {
    expect(only(verdictsOf({ blocks: 2, budgets: [loss(1)] })).kind).toBe("within");
  });

  test("a ledger that does not balance carries no verdict", () => {
    const verdict = only(
      verdictsOf({
        budgets: [loss(1)],
        outcome: (_, usual) => ({
          ...usual,
          ledger: usual.ledger.kind === "counted" ? { ...usual.ledger, drained: false } : usual.ledger,
        }),
      }),
    );
    expect(verdict.kind).toBe("invalid");
    expect(verdict.reason).toEqual({
      kind: "unbalanced",
      notes: [{ kind: "undrained", undrained: 20, trials: 20 }],
    });
  });
});
