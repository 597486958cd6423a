import fc from "fast-check";
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { LedgerReading } from "../../src/domain/record.ts";
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
    declaredLost: 4,
    silentLost: 6,
    balanced: true,
    notes: [{ kind: "silent", events: 6, share: 0.003 }],
  });
  expect(row.lossRate.value).toBe(0.005);
  // scipy 1.17: binomtest(10, 2000).proportion_ci(0.95, "exact")
  expect(row.lossRate.low).toBeCloseTo(0.002400219755730261, 9);
  expect(row.lossRate.high).toBeCloseTo(0.009175895070019735, 9);
});

test("without a counter in every trial nothing is declared, and the whole loss is silent", () => {
  const row = rowOf([reading(100, 90, value(10)), reading(100, 95, missing("the agent was stopped"))]);
  expect(row.declaredLost).toBeNull();
  expect(row.silentLost).toBe(15);
  expect(row.notes).toEqual([{ kind: "no-counter", reasons: ["the agent was stopped"] }]);
});

test("an agent that declares more than is missing is told so", () => {
  const row = rowOf([reading(100, 98, value(5))]);
  expect(row.silentLost).toBe(-3);
  expect(row.balanced).toBe(true);
  expect(row.notes).toEqual([{ kind: "over-declared", declared: 5, excess: 3 }]);
});

test("events of operations that were not done unbalance the ledger even where another trial lost as many", () => {
  const row = rowOf([reading(100, 105, value(0)), reading(100, 95, value(0))]);
  expect(row.lossRate.value).toBe(0);
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
      expect(row.delivered + (row.declaredLost ?? 0) + row.silentLost).toBe(row.operations);
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
