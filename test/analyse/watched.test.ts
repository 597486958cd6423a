import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { WatchLine } from "../../src/domain/watch.ts";
import { watchedRecord, watchLine } from "./support/watch-lines.ts";

const viewOf = (...watches: readonly WatchLine[]) => analyse(watchedRecord(["a", "b"], watches));
const BLOCKS = [0, 1, 2, 3];

describe("at rest", () => {
  const costs = [0.001, 0.003, 0.002, 0.004];
  const view = viewOf(
    ...BLOCKS.flatMap((block) => [
      watchLine({ block, agent: "a", cores: () => costs[block] ?? 0, nodeCores: 0.03 + block / 100 }),
      watchLine({ block, agent: "baseline", nodeCores: 0.02 + block / 100 }),
    ]),
  );
  const [baseline, a] = view.watched.atRest;

  test("the baseline stands first, with the node's own unrest and no CPU time of an agent", () => {
    expect(baseline).toMatchObject({ agent: "baseline", cores: null, blocks: 4, rhythm: null });
    expect(baseline?.nodeCores?.value).toBeCloseTo(0.035);
    expect(baseline?.strip).toHaveLength(60);
  });

  test("an agent's CPU time is a level over its windows, the node's is paired inside a block", () => {
    expect(a?.cores).toMatchObject({ value: expect.closeTo(0.0025), low: expect.any(Number) });
    expect(a?.nodeCores).toMatchObject({ value: expect.closeTo(0.01), low: expect.closeTo(0.01) });
    expect(a?.userShare).toBeCloseTo(0.25);
  });

  test("rates are a second's", () => {
    expect(a?.wakeUpsPerSecond?.value).toBeCloseTo(5);
    expect(a?.eventsPerSecond?.value).toBeCloseTo(0.5);
    expect(a?.storageBytesPerSecond?.value).toBeCloseTo(100);
    expect(a?.memoryMiB?.value).toBeCloseTo(8);
  });

  test("windows are trials that were measured, and a run of nothing else is a whole one", () => {
    expect(view.run.trials).toEqual({ measured: 8, skipped: 0, failed: 0 });
    expect(view.agents.find(({ id }) => id === "a")?.measuredTrials).toBe(4);
    expect(view.estimates).toEqual([]);
  });

  test("fewer windows than intervals take have a figure without one", () => {
    const [row] = viewOf(watchLine({ agent: "a" })).watched.atRest;
    expect(row?.cores).toEqual({ value: expect.closeTo(0.001), low: null, high: null });
    expect(row?.nodeCores).toBeNull();
  });

  test("a rhythm is told of", () => {
    const cores = (second: number): number => (second % 10 === 3 ? 0.05 : 0.001);
    const [row] = viewOf(watchLine({ agent: "a", cores })).watched.atRest;
    expect(row?.rhythm).toEqual({ everySeconds: 10, cores: expect.closeTo(0.05) });
  });

  test("a reading that could not be taken is none, and not 0", () => {
    const change = { agentNs: missing("no cgroup"), wakeUps: missing("gone") };
    const [row] = viewOf(watchLine({ agent: "a", change })).watched.atRest;
    expect(row).toMatchObject({ cores: null, wakeUpsPerSecond: null, blocks: 1 });
  });

  test("what it lost is summed over the windows in which that is known, and the others are told", () => {
    const lines = [value(3), value(4), missing("gone"), missing("gone")].map((declaredLost, block) =>
      watchLine({ block, agent: "a", change: { declaredLost } }),
    );
    const [baseline, row] = viewOf(watchLine({ agent: "baseline" }), ...lines).watched.atRest;
    expect(row?.losses).toEqual({ declared: 7, unknown: ["gone"] });
    expect(baseline).not.toHaveProperty("losses");
  });

  test("an agent that failed is a row with its reason, and a warning", () => {
    const failed: WatchLine = {
      ...watchLine({ agent: "a" }),
      outcome: { kind: "failed", stage: "start", message: "it does not start", lastLines: ["bye"] },
      leftovers: ["a file"],
    };
    const whole = viewOf(failed);
    expect(whole.watched.atRest).toMatchObject([
      { agent: "a", blocks: 0, unmeasured: [{ kind: "failed", stage: "start" }] },
    ]);
    expect(whole.warnings).toMatchObject([
      { what: "trial-failed", agent: "a", scenario: "at-rest", message: "it does not start" },
      { what: "left-behind", agent: "a", text: "a file" },
    ]);
    expect(whole.run.trials).toEqual({ measured: 0, skipped: 0, failed: 1 });
  });
});

describe("churn", () => {
  const churnOf = (mebibytes: (second: number) => number, block = 0) =>
    watchLine({ block, agent: "a", mebibytes });
  const rowOf = (...lines: readonly WatchLine[]) => viewOf(...lines).watched.churn[0];

  test("memory that grows does so by its last half, and has not come back", () => {
    const row = rowOf(churnOf((second) => (second < 60 ? 10 + second / 6 : 20)));
    expect(row).toMatchObject({
      beforeMiB: { value: 10 },
      highestMiB: { value: expect.closeTo(19.83, 1) },
      slopeMiBPerMinute: { value: expect.closeTo(10) },
      back: { kind: "not-back" },
      trees: { done: 600, failed: 0, planned: 600 },
    });
    expect(row?.curve).toHaveLength(120);
  });

  test("memory that jumps at first and stays is no growth, and comes back when it does", () => {
    const row = rowOf(churnOf((second) => (second < 65 ? 30 : 10.9)));
    expect(row).toMatchObject({
      slopeMiBPerMinute: { value: 0, low: 0, high: 0 },
      back: { kind: "back", seconds: expect.closeTo(6) },
    });
  });

  test("memory that never left is told as such", () => {
    expect(rowOf(churnOf(() => 10.4))?.back).toEqual({ kind: "never-left" });
  });

  test("several windows have a slope over windows, and the longest way back", () => {
    const row = rowOf(
      ...BLOCKS.map((block) =>
        churnOf(
          (second) => (second < 60 ? 20 + (block * second) / 60 : second < 62 + block ? 20 : 10),
          block,
        ),
      ),
    );
    expect(row?.slopeMiBPerMinute).toMatchObject({ value: expect.closeTo(1.5), low: expect.any(Number) });
    expect(row?.back).toMatchObject({ kind: "back", seconds: expect.closeTo(6) });
  });

  test("a cgroup that tells no memory has none", () => {
    const line = churnOf(() => 10);
    if (line.outcome.kind !== "measured") throw new Error("not measured");
    const { samples } = line.outcome;
    const none = { ...samples, memoryBytes: samples.memoryBytes.map(() => null) };
    const row = rowOf({
      ...line,
      outcome: { ...line.outcome, memoryBeforeBytes: missing("none"), samples: none },
    });
    expect(row).toMatchObject({
      beforeMiB: null,
      highestMiB: null,
      slopeMiBPerMinute: null,
      back: null,
      curve: [],
      blocks: 1,
    });
  });
});
