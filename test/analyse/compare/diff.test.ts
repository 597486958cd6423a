import { describe, expect, test } from "vitest";
import type { Mean } from "../../../src/analyse/compare/difference.ts";
import { newcombe, welch } from "../../../src/analyse/compare/difference.ts";
import { diffRecords } from "../../../src/analyse/compare/diff.ts";
import { sampleOf } from "../../../src/analyse/sample.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { Change, RecordDiff } from "../../../src/domain/comparison.ts";
import type { CheckFailure } from "../../../src/domain/reason.ts";
import { METHOD } from "../../../src/domain/run-header.ts";
import type { MetricId } from "../../../src/domain/units.ts";
import { seededNoise } from "../support/record-builder.ts";
import { sideOf } from "../support/sides.ts";
import { AA_FAILURE } from "../../support/check-failure.ts";

const diffed = (before: Loaded, after: Loaded, tolerance = 1): RecordDiff => {
  const result = diffRecords(before, after, tolerance);
  if (result.kind === "refused") throw new Error(`refused: ${result.conflicts.map(({ key }) => key).join()}`);
  return result.diff;
};

const changeIn = (diff: RecordDiff, metric: MetricId): Change => {
  const found = diff.changes.find((change) => change.metric === metric);
  if (found === undefined) throw new Error(`no ${metric} in the diff`);
  return found;
};

describe("intervals, against published examples", () => {
  test("Welch: R's sleep data, t.test(extra ~ group)", () => {
    const se = (deviation: number): number => deviation / Math.sqrt(10);
    const { value, low, high } = welch(
      { value: 0.75, standardError: se(1.78901), degrees: 9 },
      { value: 2.33, standardError: se(2.002249), degrees: 9 },
      0.95,
    );
    expect(value).toBeCloseTo(1.58, 6);
    expect(low).toBeCloseTo(-0.2054832, 4);
    expect(high).toBeCloseTo(3.3654832, 4);
  });

  test("Newcombe 1998, method 10: 56 of 70 against 48 of 80", () => {
    const { value, low, high } = newcombe({ hits: 48, of: 80 }, { hits: 56, of: 70 }, 0.95);
    expect(value).toBeCloseTo(0.2, 6);
    expect(low).toBeCloseTo(0.0524, 4);
    expect(high).toBeCloseTo(0.3339, 4);
  });

  test("Welch's interval holds the truth as often as it promises, with unequal noise and unequal n", () => {
    const noise = seededNoise(7);
    const draw = (n: number, deviation: number): Mean => {
      const values = Array.from({ length: n }, () => deviation * noise());
      const { mean, standardError } = sampleOf(values);
      return { value: mean, standardError, degrees: n - 1 };
    };
    const times = 4000;
    const held = Array.from({ length: times }, () => welch(draw(10, 1), draw(20, 4), 0.95)).filter(
      ({ low, high }) => low !== null && high !== null && low <= 0 && high >= 0,
    ).length;
    // Three standard errors of a share of 0.95 in 4,000 are 0.0103.
    expect(Math.abs(held / times - 0.95)).toBeLessThan(0.0104);
  });
});

describe("costs", () => {
  test("a dearer agent is worse, a cheaper one better, by what was put in", () => {
    const cheap = sideOf({ costNs: 100, seed: 1 });
    const dear = sideOf({ costNs: 200, seed: 2 });
    const up = changeIn(diffed(cheap, dear), "workload-cpu");
    expect(up.outcome).toBe("worse");
    expect(up.difference.low ?? Infinity).toBeLessThan(100);
    expect(up.difference.high ?? -Infinity).toBeGreaterThan(100);
    expect(up.percent?.value).toBeCloseTo(10, 0);
    expect(changeIn(diffed(dear, cheap), "workload-cpu").outcome).toBe("better");
  });

  test("a change below the tolerance is none, and above it the same change counts", () => {
    const [a, b] = [sideOf({ costNs: 100, seed: 1 }), sideOf({ costNs: 150, seed: 2 })];
    expect(changeIn(diffed(a, b, 20), "workload-cpu").outcome).toBe("same");
    expect(changeIn(diffed(a, b, 1), "workload-cpu").outcome).toBe("worse");
  });

  test("noise that could hide a change leaves it open, and says so", () => {
    const change = changeIn(
      diffed(sideOf({ noiseNs: 200, seed: 1 }), sideOf({ noiseNs: 200, seed: 2 })),
      "workload-cpu",
    );
    expect(change).toMatchObject({
      outcome: "open",
      reason: { kind: "undecided" },
    });
  });

  test("what is read from the clock is shown and not judged", () => {
    const { outcome, difference } = changeIn(diffed(sideOf(), sideOf({ costNs: 900, seed: 2 })), "wall");
    expect(outcome).toBeNull();
    expect(difference.value).toBeGreaterThan(500);
  });

  test("under ten blocks nothing is judged", () => {
    const few = sideOf({ run: { blocks: 3 } });
    const diff = diffed(few, sideOf({ costNs: 900, seed: 2 }));
    expect(changeIn(diff, "workload-cpu")).toMatchObject({
      outcome: "open",
      reason: { kind: "too-few-blocks", old: 3, new: 12 },
      difference: { low: null, high: null },
    });
  });

  test("an emulated record, or one whose instrument failed, says nothing of costs", () => {
    const dear = sideOf({ costNs: 900, seed: 2, host: { emulated: true } });
    const diff = diffed(sideOf(), dear);
    expect(diff.obstacles).toEqual([{ kind: "emulated", record: "new" }]);
    expect(changeIn(diff, "workload-cpu")).toMatchObject({ outcome: "open" });
    const sound = sideOf({ costNs: 900, seed: 2 });
    const failure: CheckFailure = AA_FAILURE;
    const failed: Loaded = {
      ...sound,
      view: { ...sound.view, selfChecks: { ...sound.view.selfChecks, failures: [failure] } },
    };
    expect(diffed(sideOf(), failed).obstacles).toEqual([
      { kind: "instrument-failed", record: "new", failure },
    ]);
  });

  test("records of different methods say nothing of costs", () => {
    const older = sideOf({ header: { method: "tare-2026.1" } });
    const diff = diffed(older, sideOf({ costNs: 900, seed: 2 }));
    expect(diff.obstacles).toEqual([{ kind: "methods", old: "tare-2026.1", new: METHOD }]);
    expect(changeIn(diff, "workload-cpu")).toMatchObject({
      outcome: "open",
      reason: { kind: "obstacle", obstacle: { kind: "methods" } },
    });
  });

  test("what is called worse holds for all judged comparisons together: one that stands out by itself is not enough", () => {
    const diff = diffed(
      sideOf({ costNs: 100, noiseNs: 20, seed: 3 }),
      sideOf({ costNs: 134, noiseNs: 20, seed: 4 }),
      0,
    );
    expect(diff.judged).toBe(5);
    const change = changeIn(diff, "workload-cpu");
    expect(change.difference.low).toBeGreaterThan(0);
    expect(change.outcome).toBe("open");
  });
});

describe("losses", () => {
  const losing = (lost: number, seed: number): Loaded =>
    sideOf({
      seed,
      run: {
        outcome: ({ agent }, usual) =>
          agent !== "probe" || usual.ledger.kind !== "counted"
            ? usual
            : { ...usual, ledger: { ...usual.ledger, delivered: usual.ledger.operations - lost } },
      },
    });

  test("a burst in one block is no change of the loss, though the events alone would say so", () => {
    const burst = sideOf({
      seed: 2,
      run: {
        outcome: ({ agent, block }, usual) =>
          agent !== "probe" || usual.ledger.kind !== "counted" || block !== 3
            ? usual
            : { ...usual, ledger: { ...usual.ledger, delivered: usual.ledger.operations - 40 } },
      },
    });
    expect(diffed(losing(0, 1), burst).losses).toMatchObject([{ agent: "probe", outcome: "same" }]);
  });

  test("losses of an emulated node are not compared", () => {
    const emulated = sideOf({ host: { emulated: true } });
    expect(diffed(emulated, losing(10, 2)).losses).toMatchObject([{ outcome: "open" }]);
  });

  test("more events lost is worse, fewer is better, as many is no change", () => {
    expect(diffed(losing(0, 1), losing(10, 2)).losses).toMatchObject([{ agent: "probe", outcome: "worse" }]);
    expect(diffed(losing(10, 1), losing(0, 2)).losses).toMatchObject([{ outcome: "better" }]);
    expect(diffed(losing(10, 1), losing(10, 2)).losses).toMatchObject([{ outcome: "same" }]);
    expect(diffed(losing(0, 1), losing(0, 2)).losses).toMatchObject([{ outcome: "same" }]);
  });
});

test("a verdict that comes out otherwise is listed, also one that came or went", () => {
  const budgets = [
    { scenario: "*", metric: "workload-cpu", limit: { kind: "absolute", value: 150 } },
  ] as const;
  const within = sideOf({ costNs: 100, run: { budgets }, seed: 1 });
  const over = sideOf({ costNs: 300, run: { budgets }, seed: 2 });
  expect(diffed(within, over).verdicts.map((one) => [one.old?.kind, one.new?.kind])).toEqual([
    ["within", "over"],
  ]);
  expect(diffed(within, within).verdicts).toEqual([]);
  expect(diffed(sideOf(), over).verdicts.map((one) => [one.old, one.new?.kind])).toEqual([[null, "over"]]);
});

test("records of another measurement are refused", () => {
  expect(diffRecords(sideOf(), sideOf({ plan: { filesOn: "tmpfs" } }), 1)).toMatchObject({
    kind: "refused",
    conflicts: [{ key: "files-on" }],
  });
});
