/** Every reason of a verdict in words. */
import { describe, expect, test } from "vitest";
import type { Reason } from "../../../src/domain/reason.ts";
import type { Judged } from "../../../src/report/words/reasons.ts";
import { causeText, reasonText } from "../../../src/report/words/reasons.ts";
import { AA_FAILURE } from "../../support/check-failure.ts";

const COST = {
  absolute: { value: 4123.4, low: 3600, high: 4700 },
  ratio: { value: 1.12, low: 1.1, high: 1.14 },
  blocks: 30,
};
const LOSS = { lost: 12, operations: 60_000, trials: 30, blocks: 30, limit: 0.001 };

const judged = (reason: Reason, change: Partial<Judged> = {}): Judged => ({
  agent: "falco",
  metric: "workload-cpu",
  budget: { kind: "absolute", value: 5000 },
  reason,
  ...change,
});

const inPercent = { budget: { kind: "percent", percent: 10 } } as const;
const ofMemory = { metric: "agent-memory", budget: { kind: "absolute", value: 64 } } as const;
const ofLoss = { metric: "loss", budget: { kind: "percent", percent: 0.1 } } as const;

const FIGURES = "+4.123 us/op [+3.6 us/op, +4.7 us/op] (+12 %), 30 blocks, against at most +5 us/op";
const PERCENT_FIGURES =
  "+4.123 us/op [+3.6 us/op, +4.7 us/op] (+12 % [+10 %, +14 %]), 30 blocks, against at most +10 %";
const LOST = "12 of 60,000 events lost (0.02 %) in 30 blocks, against at most 0.1 %";

describe("a cost, with its figures first", () => {
  test.each<[Reason, Partial<Judged>, string]>([
    [
      { kind: "lower-bound-over", cost: COST, lower: 3500, comparisons: 4 },
      {},
      `${FIGURES}: the lower 95 % bound over all 4 comparisons is +3.5 us/op`,
    ],
    [
      { kind: "lower-bound-over", cost: COST, lower: 1.11, comparisons: 1 },
      inPercent,
      `${PERCENT_FIGURES}: the lower 95 % bound over all 1 comparison is +11 %`,
    ],
    [
      { kind: "upper-bound-within", cost: COST, upper: 4600 },
      {},
      `${FIGURES}: the upper 95 % bound is +4.6 us/op`,
    ],
    [
      { kind: "equivalent", cost: COST, low: -10, high: 20 },
      {},
      `${FIGURES}: the 90 % interval [-10 ns/op, +20 ns/op] holds zero and lies inside a third of the budget`,
    ],
    [
      { kind: "bounds-straddle", cost: COST, lower: 3500, upper: 5100, blocksNeeded: 1234 },
      {},
      `${FIGURES}: the bounds +3.5 us/op and +5.1 us/op lie on both sides of the budget; about 1,234 blocks would decide it`,
    ],
    [
      { kind: "bounds-straddle", cost: COST, lower: 3500, upper: 5100, blocksNeeded: null },
      {},
      `${FIGURES}: the bounds +3.5 us/op and +5.1 us/op lie on both sides of the budget; no reasonable number of blocks would decide it`,
    ],
    [
      { kind: "exploratory", cost: { ...COST, blocks: 3 }, blocksNeeded: 4 },
      {},
      `${FIGURES.replace("30", "3")}: exploratory, a verdict needs 4 blocks`,
    ],
    [
      {
        kind: "one-block",
        cost: { absolute: { value: 500, low: null, high: null }, ratio: null, blocks: 1 },
      },
      {},
      "+500 ns/op, 1 block, against at most +5 us/op: one block cannot tell a cost from chance",
    ],
    [{ kind: "no-bounds", cost: COST }, {}, `${FIGURES}: the estimate has no bounds`],
    [
      {
        kind: "upper-bound-within",
        cost: { absolute: { value: 8, low: 7.9, high: 8.1 }, ratio: null, blocks: 12 },
        upper: 8.1,
      },
      ofMemory,
      "8 MiB [7.9 MiB, 8.1 MiB], 12 blocks, against at most 64 MiB: the upper 95 % bound is 8.1 MiB",
    ],
    [
      {
        kind: "hangs-on-noise",
        reason: { kind: "upper-bound-within", cost: COST, upper: 4600 },
        otherwise: "over",
      },
      {},
      `${FIGURES}: the upper 95 % bound is +4.6 us/op; but it would be "over" with the trials that were done again because of noise, so it hangs on the noise`,
    ],
    [
      { kind: "impossible", cost: COST, upper: -900, margin: -500 },
      {},
      `${FIGURES}: the upper 95 % bound is -900 ns/op: an agent cannot save the node so much work, so what was compared was not the same`,
    ],
    [
      {
        kind: "sheds",
        reason: { kind: "upper-bound-within", cost: COST, upper: 4600 },
        lost: 0.84,
        operations: 180_000,
        limit: 0.001,
      },
      {},
      `${FIGURES}: sheds 84 % of 180,000 events, more than the 0.1 % that it may lose: its cost is not that of the work`,
    ],
    [
      {
        kind: "crashed",
        reason: { kind: "upper-bound-within", cost: COST, upper: 4600 },
        turns: 1,
        ofTurns: 12,
        first: { kind: "failed", stage: "in the window", message: "killed by SIGSEGV" },
      },
      {},
      `${FIGURES}: the upper 95 % bound is +4.6 us/op; but it crashed in 1 of 12 turns (in the window: killed by SIGSEGV), and the others do not stand for it`,
    ],
    [
      {
        kind: "unproven-resolution",
        reason: { kind: "upper-bound-within", cost: COST, upper: 4600 },
        by: { kind: "known-cost", slope: { value: 1.1, low: 0.7, high: 1.5 } },
        low: 2700,
        high: 5900,
      },
      {},
      `${FIGURES}: the upper 95 % bound is +4.6 us/op; but known costs came back 1.10-fold [0.70, 1.50], which is not proved to be 0.9 to 1.1, so that it may be +2.7 us/op to +5.9 us/op and the budget lies inside`,
    ],
    [
      {
        kind: "unproven-resolution",
        reason: { kind: "upper-bound-within", cost: COST, upper: 4600 },
        by: { kind: "carry-over", after: "auditd", difference: { value: 1, low: -5, high: 7 } },
        low: 2700,
        high: null,
      },
      {},
      `${FIGURES}: the upper 95 % bound is +4.6 us/op; but it was not shown that auditd leaves nothing behind, so that it may be +2.7 us/op or more and the budget lies inside`,
    ],
  ])("%j", (reason, change, text) => {
    expect(reasonText(judged(reason, change))).toBe(text);
  });

  test("a row that shows the figures is given the rest alone", () => {
    expect(causeText(judged({ kind: "no-bounds", cost: COST }))).toBe("the estimate has no bounds");
  });
});

describe("a loss", () => {
  test.each<[Reason, string]>([
    [
      { kind: "loss-over", loss: LOSS, lower: 0.00012, rows: 8 },
      `${LOST}: at least 0.012 % with 95 % confidence over all 8 rows of the ledger`,
    ],
    [{ kind: "loss-within", loss: LOSS, upper: 0.0004 }, `${LOST}: at most 0.04 % with 95 % confidence`],
    [
      { kind: "loss-straddles", loss: LOSS, lower: 0.0001, upper: 0.002, blocksNeeded: 100 },
      `${LOST}: between 0.01 % and 0.2 %; about 100 blocks would decide it`,
    ],
    [
      { kind: "loss-few-blocks", loss: { ...LOSS, blocks: 1 }, blocksNeeded: 2 },
      `${LOST.replace("30 blocks", "1 block")}: losses come in bursts, and one block says nothing of the next; about 2 blocks would decide it`,
    ],
    [
      { kind: "unbalanced", notes: [{ kind: "undrained", undrained: 20, trials: 20 }] },
      "the ledger does not balance: in 20 of 20 trials the output still grew when the wait ended: late events count as lost",
    ],
    [
      { kind: "cut", cut: 2, trials: 12 },
      "in 2 of 12 trials tare cut off what the agent had written, and the events in it are lost by tare, not by the agent",
    ],
    [{ kind: "uncounted" }, "no trial was measured, so no event could be counted"],
    [
      { kind: "uncounted-failures", failed: 3, trials: 12 },
      "3 of 12 trials failed, and their events are in no ledger: loss is known to at most 75 % of the trials",
    ],
    [
      { kind: "emulated" },
      "emulated: functional, no performance verdict; how fast events come, and so how many are lost, is not a real node's",
    ],
  ])("%j", (reason, text) => {
    expect(reasonText(judged(reason, ofLoss))).toBe(text);
  });
});

describe("what carries no verdict has no figures", () => {
  test.each<[Reason, Partial<Judged>, string]>([
    [{ kind: "emulated" }, {}, "emulated: functional, no performance verdict"],
    [
      {
        kind: "instrument-failed",
        failures: [AA_FAILURE],
      },
      {},
      "the instrument failed its own check, so no cost is judged: A/A: the second baseline differs from the baseline on process-exec / exec (closed), Workload CPU time: by +900 ns/op [+700 ns/op, +1.1 us/op], and at most 500 ns/op would be nothing",
    ],
    [
      { kind: "contended" },
      { metric: "wall" },
      "not valid under contention: the node's CPUs were busy with other things while no agent ran, and waiting for them counts as wall-clock time",
    ],
    [
      { kind: "uneven-failures", failed: 3, trials: 12, baseline: { failed: 0, trials: 24 } },
      {},
      "trials were lost unevenly: 3 of 12 trials of falco failed, and 0 of 24 trials of the baseline; the rest may not stand for all",
    ],
    [
      { kind: "uneven-failures", failed: 1, trials: 1, baseline: null },
      ofMemory,
      "trials were lost unevenly: 1 of 1 trial of falco failed; the rest may not stand for all",
    ],
    [
      { kind: "unmeasured", what: "agent", why: { kind: "skipped", reason: "not installed" } },
      {},
      "not measured, though it was asked for (not installed)",
    ],
    [
      { kind: "unmeasured", what: "scenario", why: null },
      {},
      "not measured: the budget's scenario was not run",
    ],
    [
      { kind: "unmeasured", what: "metric", why: null },
      {},
      "not measured: no scenario of this run has the budget's metric",
    ],
    [{ kind: "never-run" }, {}, "no trial was run: the run ended before"],
    [
      {
        kind: "none-measured",
        trials: 3,
        first: { kind: "failed", stage: "ready", message: "auditd reported no sentinel in 45 s" },
      },
      {},
      "none of 3 trials was measured (ready: auditd reported no sentinel in 45 s)",
    ],
    [
      { kind: "none-measured", trials: 1, first: { kind: "skipped", reason: "no space" } },
      {},
      "none of 1 trial was measured (no space)",
    ],
    [
      { kind: "not-read", reasons: ["no permission", "gone"] },
      ofMemory,
      "Agent memory (PSS) could not be read: no permission; gone",
    ],
    [{ kind: "no-complete-block" }, {}, "Workload CPU time: no complete block holds what is to be compared"],
    [
      { kind: "no-baseline" },
      { ...ofMemory, budget: { kind: "percent", percent: 5 } },
      "Agent memory (PSS) has no baseline that 5 % could be of",
    ],
    [{ kind: "no-ratio" }, inPercent, "a value is not positive, so there is no ratio to judge in percent"],
  ])("%j", (reason, change, text) => {
    expect(reasonText(judged(reason, change))).toBe(text);
    expect(causeText(judged(reason, change))).toBe(text);
  });
});
