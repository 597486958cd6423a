/** What a record's starts under rising load say, and that they change nothing else. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../../src/analyse/analyse.ts";
import type { LoadRow, UnderLoad } from "../../../src/domain/under-load.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import { missing, value } from "../../../src/domain/units.ts";
import { exitCodeOfRun } from "../../../src/cli/exit-code.ts";
import { buildRecord } from "../support/record-builder.ts";
import { confirmedBy, loadRecord, outcomeOf, SENSOR } from "./load-record.ts";
import { collapsing, sharp } from "./simulated-agent.ts";

const found = (lines: readonly RecordLine[]): UnderLoad => {
  const { underLoad } = analyse(lines);
  if (underLoad === undefined) throw new Error("the record holds no start under rising load");
  return underLoad;
};

const rowIn = (lines: readonly RecordLine[], agent: string): LoadRow => {
  const row = found(lines).rows.find((one) => one.agent === agent);
  if (row === undefined) throw new Error(`no row of ${agent}`);
  return row;
};

describe("a row of an agent under rising load", () => {
  const row = rowIn(loadRecord([SENSOR]), "sensor");

  test("holds the knee over its starts with an interval", () => {
    expect(row.starts).toHaveLength(3);
    expect(row.knee?.value).toBeGreaterThan(9500);
    expect(row.knee?.value).toBeLessThan(10_500);
    expect(row.knee?.low).toBe(Math.min(...row.starts.map(({ low }) => low)));
  });

  test("says whether its lower end held and what lies above did not", () => {
    expect(row.hold).toMatchObject({ rate: 9500, bad: 0, asExpected: true });
    expect(row.exceed).toMatchObject({ rate: 12_500, asExpected: true });
  });

  test("says what an overload delivers, and how long it takes to get over it", () => {
    expect(row.overload?.ofKnee).toBeGreaterThan(0.9);
    expect(row.recovery?.rate).toBe(20_000);
    expect(row.recovery?.steadyMs).toBe(2100);
  });

  test("tells rate by rate what became of the operations", () => {
    expect(row.steps.map(({ at }) => at)).toEqual(["below", "at", "above", "flood", "flat-out"]);
    const lost = row.steps.map((step) => step.lost / step.operations);
    expect(lost[0]).toBe(0);
    expect(lost[4]).toBeGreaterThan(0.5);
  });

  test("keeps every probe that was offered at a rate", () => {
    expect(row.curve.length).toBeGreaterThan(30);
    expect(new Set(row.curve.map(({ start }) => start))).toEqual(new Set([1, 2, 3]));
  });
});

test("an overload that delivers less than the knee is told as a share of it", () => {
  const lines = loadRecord([{ id: "a", outcomeOf: (_, seed) => confirmedBy(collapsing(10_000), seed) }]);
  expect(rowIn(lines, "a").overload?.ofKnee).toBeLessThan(0.5);
});

test("what the agent's counter does not tell of is silent, and without a counter nothing is", () => {
  const of = (declaredLost: ReturnType<typeof value<number>> | ReturnType<typeof missing>): LoadRow =>
    rowIn(
      loadRecord([{ id: "a", outcomeOf: (_, seed) => outcomeOf(sharp(10_000), seed, { declaredLost }) }]),
      "a",
    );
  const silent = of(value(10));
  expect(silent.lost).toBeGreaterThan(10_000);
  expect(silent).toMatchObject({
    declaredLost: { low: 30, high: 30 },
    silentLost: { low: silent.lost - 30, high: silent.lost - 30 },
  });
  expect(of(missing("it has none"))).toMatchObject({ declaredLost: null, silentLost: null });
});

test("a knee that is known is held against what was found", () => {
  const injects = { kind: "rate", perSecond: 10_000, waiting: 8192 } as const;
  const { known } = found(loadRecord([{ ...SENSOR, status: { role: "calibration", injects } }]));
  expect(known).toMatchObject([{ agent: "sensor", perSecond: 10_000, waiting: 8192 }]);
  expect(known[0]?.knee?.low).toBeLessThanOrEqual(10_000);
});

describe("a run under rising load alone", () => {
  const view = analyse(loadRecord([SENSOR]));

  test("has no cost, no verdict and nothing to complain of, and went well", () => {
    expect(view).toMatchObject({ estimates: [], verdicts: [], warnings: [] });
    expect(view.agents.find(({ id }) => id === "sensor")?.measuredTrials).toBe(3);
    expect(view.run.trials).toEqual({ measured: 3, skipped: 0, failed: 0 });
    expect(exitCodeOfRun(view, false)).toBe(0);
  });

  test("tells of starts for which there was no time", () => {
    const [header, first, , , end] = loadRecord([SENSOR], "time-budget");
    if (header === undefined || first === undefined || end === undefined) throw new Error("too short");
    expect(analyse([header, first, end]).warnings).toMatchObject([
      { kind: "incident", what: "starts-left-out", done: 1, planned: 3 },
    ]);
  });

  test("fails where no start gave a probe", () => {
    const failed = { kind: "failed", stage: "start", message: "it did not start", lastLines: [] } as const;
    const view = analyse(loadRecord([{ id: "a", outcomeOf: () => failed }]));
    expect(view.underLoad?.rows).toMatchObject([
      { knee: null, unmeasured: [{ kind: "failed" }, { kind: "failed" }, { kind: "failed" }] },
    ]);
    expect(view.warnings).toMatchObject([{ kind: "incident", what: "trial-failed", times: 3 }]);
    expect(exitCodeOfRun(view, false)).not.toBe(0);
  });
});

test("a start under rising load changes no figure of the blocks", () => {
  const lines = buildRecord({ blocks: 4, agents: ["sensor"] });
  const [, ...loads] = loadRecord([SENSOR]);
  const without = analyse(lines);
  const { underLoad, ...rest } = analyse([...lines.slice(0, -1), ...loads.slice(0, -1), ...lines.slice(-1)]);
  expect(underLoad?.rows).toHaveLength(1);
  expect(rest).toMatchObject({
    estimates: without.estimates,
    ledger: without.ledger,
    verdicts: without.verdicts,
  });
  expect(without.underLoad).toBeUndefined();
});

test("no rate is said to lie below a knee that was not reached", () => {
  const row = rowIn(loadRecord([{ id: "a", outcomeOf: (_, seed) => outcomeOf(sharp(1e6), seed) }]), "a");
  expect(row.knee).toMatchObject({ value: null, high: null });
  expect(row.steps.map(({ at }) => at)).toEqual(["fixed", "flat-out"]);
  expect(row.overload?.ofKnee).toBeNull();
});
