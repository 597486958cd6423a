import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balanceOf } from "../../src/analyse/ledger.ts";
import { analyse } from "../../src/analyse/analyse.ts";
import type { LedgerReading } from "../../src/domain/trial-outcome.ts";
import type { LedgerRow } from "../../src/domain/verdict.ts";
import type { Reading } from "../../src/domain/units.ts";
import { missing, value } from "../../src/domain/units.ts";
import { buildRecord } from "./support/record-builder.ts";

type Counted = Extract<LedgerReading, { kind: "counted" }>;

const reading = (operations: number, delivered: number, declaredLost: Reading<number>): Counted => ({
  kind: "counted",
  operations,
  delivered,
  duplicates: 0,
  declaredLost,
  drainMs: 1,
  drained: true,
});

const rowOf = (readings: readonly Counted[]): LedgerRow => {
  const lines = buildRecord({
    blocks: readings.length,
    agents: ["falco"],
    outcome: (slot, usual) => ({
      ...usual,
      ledger: slot.agent === "falco" ? (readings[slot.block] ?? usual.ledger) : usual.ledger,
    }),
  });
  const [row, ...others] = analyse(lines).ledger;
  expect(others).toEqual([]);
  if (row === undefined) throw new Error("the record has no ledger row");
  return row;
};

test("trials are added up, and what is missing without being declared is silent", () => {
  const row = rowOf([reading(1000, 990, value(4)), reading(1000, 1000, value(0))]);
  expect(row).toMatchObject({
    trials: 2,
    operations: 2000,
    delivered: 1990,
    blocks: 2,
    declaredLost: { low: 4, high: 4 },
    silentLost: { low: 6, high: 6 },
    balanced: true,
    notes: [{ kind: "silent", events: { low: 6, high: 6 }, share: 0.003 }],
  });
  expect(row.lossRate.value).toBe(0.005);
  // Shares of 0.01 and 0: a standard error of 0.005, and t of one degree of freedom is 12.7.
  expect(row.lossError).toBeCloseTo(0.005, 12);
  expect(row.lossRate.low).toBe(0);
  expect(row.lossRate.high).toBeCloseTo(0.005 + 12.706204736 * 0.005, 6);
});

test("where all blocks lost as much the events alone bound the loss", () => {
  const row = rowOf([reading(1000, 995, value(5)), reading(1000, 995, value(5))]);
  // scipy 1.17: binomtest(10, 2000).proportion_ci(0.95, "exact")
  expect(row.lossRate.low).toBeCloseTo(0.002400219755730261, 9);
  expect(row.lossRate.high).toBeCloseTo(0.009175895070019735, 9);
});

test("without a counter in every trial nothing is declared, and what is silent is unknown", () => {
  const row = rowOf([reading(100, 90, value(10)), reading(100, 95, missing("the agent was stopped"))]);
  expect(row.declaredLost).toBeNull();
  expect(row.silentLost).toBeNull();
  expect(row.notes).toEqual([{ kind: "no-counter", reasons: ["the agent was stopped"] }]);
});

test("an agent that declares more than is missing is told so", () => {
  const row = rowOf([reading(100, 98, value(5))]);
  // Some of the five were others' events: of the two that are missing it may mean none.
  expect(row.silentLost).toEqual({ low: 0, high: 2 });
  expect(row.balanced).toBe(true);
  expect(row.notes).toEqual([
    { kind: "over-declared", excess: 3, trials: 1 },
    { kind: "unattributed", events: 2 },
  ]);
});

test("where nothing is missing nothing is silent, counter or not", () => {
  expect(rowOf([reading(100, 100, missing("none"))]).silentLost).toEqual({ low: 0, high: 0 });
});

test("a counter that went back was started anew, and tells nothing", () => {
  const row = rowOf([reading(100, 90, value(-7))]);
  expect(row).toMatchObject({ declaredLost: null, silentLost: null });
  expect(row.notes).toMatchObject([{ kind: "no-counter" }]);
});

describe("a counter", () => {
  const one = {
    scenario: "file-open",
    operations: 1000,
    delivered: 900,
    declaredLost: value(150),
    warmup: 50,
  };
  const perEvent = { "file-open": [1, 5] } as const;

  test("of records tells of a range of events", () => {
    expect(balanceOf(one, { scope: "node", perEvent, span: "window" })).toEqual({
      missing: 100,
      declared: { low: 30, high: 100 },
      silent: { low: 0, high: 70 },
      excess: 0,
    });
  });

  test("that saw the warm-up as well may have counted all of its events", () => {
    const older = { scope: "node", perEvent: {}, span: "with-warm-up" } as const;
    expect(balanceOf(one, older)).toMatchObject({
      declared: { low: 100, high: 100 },
      silent: { low: 0, high: 0 },
    });
    expect(balanceOf({ ...one, declaredLost: value(90) }, older)).toMatchObject({
      declared: { low: 40, high: 90 },
      silent: { low: 10, high: 60 },
    });
  });

  test("of the workload alone hides nothing, however much it tells of", () => {
    expect(balanceOf(one, { scope: "workload", perEvent: {}, span: "window" })).toMatchObject({
      silent: { low: 0, high: 0 },
      excess: 50,
    });
  });
});

test("events of operations that were not done unbalance the ledger even where another trial lost as many", () => {
  const row = rowOf([reading(100, 105, value(0)), reading(100, 95, value(0))]);
  expect(row.lossRate.value).toBe(0.025);
  expect(row.balanced).toBe(false);
  expect(row.notes).toContainEqual({ kind: "surplus", events: 5 });
});

test("output that was still growing unbalances the ledger", () => {
  const row = rowOf([{ ...reading(100, 100, value(0)), drained: false }]);
  expect(row.balanced).toBe(false);
  expect(row.notes[0]).toEqual({ kind: "undrained", undrained: 1, trials: 1 });
});

test("operations = delivered + declared + silent, whatever is counted", () => {
  const trial = fc
    .tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 1000 }), fc.option(fc.nat(50)))
    .map(([operations, lost, declared]) =>
      reading(
        operations,
        Math.max(0, operations - lost),
        declared === null ? missing("none") : value(declared),
      ),
    );
  fc.assert(
    fc.property(fc.array(trial, { minLength: 1, maxLength: 4 }), (readings) => {
      const row = rowOf(readings);
      const { declaredLost: declared, silentLost: silent } = row;
      const lost = row.operations - row.delivered;
      // Unknown is anything.
      expect(silent?.low ?? 0).toBeGreaterThanOrEqual(0);
      expect(silent?.high ?? lost).toBeLessThanOrEqual(lost);
      expect((declared?.high ?? lost) + (silent?.low ?? 0)).toBeGreaterThanOrEqual(lost);
      expect(row.lossRate.value).toBe((row.operations - row.delivered) / row.operations);
      expect(row.lossRate.low).toBeLessThanOrEqual(row.lossRate.value);
      expect(row.lossRate.high).toBeGreaterThanOrEqual(row.lossRate.value);
    }),
    { numRuns: 100 },
  );
});

test("an agent that does not see a scenario by design is a gap in coverage, a scenario without events is none", () => {
  const lines = buildRecord({
    blocks: 1,
    agents: ["execsnoop"],
    scenarios: ["file-open", "syscall-tax"],
    outcome: ({ agent, scenario }, usual) => ({
      ...usual,
      ledger: {
        kind: "not-observed",
        cause: scenario === "syscall-tax" ? "no-events" : "by-design",
        why:
          scenario === "syscall-tax"
            ? "syscall-tax raises no event that a sensor is asked for"
            : `${agent} does not observe file events by design`,
      },
    }),
  });
  const summary = analyse(lines);
  expect(summary.ledger).toEqual([]);
  expect(summary.coverage).toEqual([
    {
      agent: "execsnoop",
      scenario: "file-open",
      reason: { kind: "by-design", text: "execsnoop does not observe file events by design" },
    },
  ]);
});

test("nothing lost of a burst that a buffer held is told with the burst and with how late the last event was", () => {
  // Falco 0.44.1: 15,000 opens in a tenth of a second, the last of them 353 ms later; 300,000 lost a third.
  const late = { ...reading(15_000, 15_000, value(0)), drainMs: 353 };
  const [{ windowMs } = { windowMs: 0 }] = rowOf([late, late]).notes.flatMap((note) =>
    note.kind === "behind" ? [note] : [],
  );
  expect(windowMs).toBeGreaterThan(0);
  expect(rowOf([late, late]).notes).toEqual([{ kind: "behind", events: 15_000, windowMs, lagMs: 353 }]);
  expect(rowOf([{ ...late, drainMs: 45 }]).notes).toEqual([]);
});
