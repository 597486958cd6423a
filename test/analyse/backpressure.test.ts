/** What the analysis says of forced overflows, and of dropping and blocking under the run's own load. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { Histogram } from "../../src/domain/driver.ts";
import type { BackpressureRow } from "../../src/domain/backpressure.ts";
import { BASELINE } from "../../src/domain/plan.ts";
import type { BackpressureLine, BackpressureOutcome, RecordLine } from "../../src/domain/record.ts";
import type { AgentStatus } from "../../src/domain/run-header.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { Warning } from "../../src/domain/warning.ts";
import { CLOSED, buildRecord, histogramOf, measuredOf, operationOf } from "./support/record-builder.ts";
import type { RunSpec } from "./support/record-builder.ts";

type Forced = Extract<BackpressureOutcome, { readonly kind: "measured" }>;

const MS = 1e6;
const QUICK = histogramOf([20_000, 1000]);
const forcedOf = (change: Partial<Forced> = {}): Forced => ({
  kind: "measured",
  settings: {},
  operations: 1000,
  delivered: 400,
  duplicates: 0,
  declaredLost: value(600),
  drainMs: 5,
  drained: true,
  stoppedMs: 120,
  continued: "window-over",
  windowNs: 20 * MS,
  service: QUICK,
  ...change,
});

const withOverflow = (
  outcome: BackpressureOutcome,
  change: Partial<AgentStatus> = { overload: "drops" },
  spec: Partial<RunSpec> = {},
): readonly RecordLine[] => {
  const lines = buildRecord({ blocks: 2, agents: ["sensor"], ...spec }).map((line): RecordLine =>
    line.type === "header"
      ? {
          ...line,
          agents: line.agents.map((status) => (status.id === "sensor" ? { ...status, ...change } : status)),
        }
      : line,
  );
  const overflow: BackpressureLine = {
    type: "overflow",
    id: "0fff",
    agent: "sensor",
    scenario: "process-exec",
    load: CLOSED,
    startedAt: "2026-01-01T00:00:02.000Z",
    outcome,
    leftovers: [],
  };
  return [...lines.slice(0, -1), overflow, ...lines.slice(-1)];
};

const rowOf = (...of: Parameters<typeof withOverflow>): BackpressureRow => {
  const [row] = analyse(withOverflow(...of)).overflow;
  if (row === undefined) throw new Error("no overflow in the summary");
  return row;
};

describe("a forced overflow", () => {
  test("never contradicts a data sheet where the CPU is emulated", () => {
    // As seen of Tetragon, whose ring buffer cannot block: 514 ms, 59 % of the time.
    const stalled = histogramOf([20_000, 350], [30 * MS, 17], [514 * MS, 1]);
    const outcome = forcedOf({ operations: 10_000, delivered: 9488, service: stalled, windowNs: 900 * MS });
    const real = analyse(withOverflow(outcome));
    expect(real.overflow[0]?.contradiction).toEqual({ promised: "drops", behaviour: "blocks-and-drops" });
    const emulated = analyse(withOverflow(outcome, { overload: "drops" }, { emulated: true }));
    expect(emulated.overflow[0]).toMatchObject({
      forced: { behaviour: "blocks-and-drops" },
      contradiction: null,
    });
    expect(emulated.warnings.filter(({ kind }) => kind === "backpressure")).toEqual([]);
  });

  test("declares at most what is missing where its counter tells of more, and nothing is silent below 0", () => {
    // Tetragon 1.7.0, 10,000 execs: queues that count exec, clone and exit alike.
    const lossCounter = {
      unit: "events",
      scope: "node",
      perEvent: { "process-exec": [1, 3] },
      span: "window",
    } as const;
    for (const [delivered, declared] of [
      [1713, 19_579],
      [693, 14_726],
    ] as const) {
      const outcome = forcedOf({ operations: 10_000, delivered, declaredLost: value(declared) });
      const { forced } = rowOf(outcome, { overload: "drops", lossCounter });
      const lost = 10_000 - delivered;
      const least = Math.ceil(declared / 3);
      expect(forced).toMatchObject({
        declaredLost: { low: least, high: lost },
        silentLost: { low: 0, high: lost - least },
      });
    }
  });

  test("tells what stood still outside of the agent, and how far its memory grew where that was read", () => {
    expect(rowOf(forcedOf())).toMatchObject({ outside: null, forced: { grownBytes: null } });
    const lines = withOverflow(forcedOf({ grownBytes: value(5 * 2 ** 20) })).map((line): RecordLine =>
      line.type === "overflow" ? { ...line, outside: "disk-full" } : line,
    );
    expect(analyse(lines).overflow).toMatchObject([
      { outside: "disk-full", forced: { grownBytes: 5 * 2 ** 20 } },
    ]);
    expect(rowOf(forcedOf({ grownBytes: missing("no peak") })).forced?.grownBytes).toBeNull();
  });

  test("is no row of a run without any, and changes no figure of one that has it", () => {
    const without = analyse(buildRecord({ blocks: 2, agents: ["sensor"] }));
    expect(without.overflow).toEqual([]);
    const { estimates, ledger, verdicts } = analyse(withOverflow(forcedOf()));
    expect({ estimates, ledger, verdicts }).toEqual({
      estimates: without.estimates,
      ledger: without.ledger,
      verdicts: without.verdicts,
    });
  });

  test("that loses and says so: drops, honestly", () => {
    expect(rowOf(forcedOf())).toMatchObject({
      forced: { behaviour: "drops", declaredLost: { low: 600, high: 600 }, silentLost: { low: 0, high: 0 } },
      contradiction: null,
      notes: [],
    });
  });

  test("that loses more than it says: the rest is silent", () => {
    expect(rowOf(forcedOf({ declaredLost: value(10) }))).toMatchObject({
      forced: { silentLost: { low: 590, high: 590 } },
    });
  });

  test("of an agent without a counter: all of it is silent, and nothing is invented for the counter", () => {
    expect(rowOf(forcedOf({ declaredLost: missing("none") }))).toMatchObject({
      forced: { declaredLost: null, silentLost: null },
    });
  });

  test("that stops the workload: blocks, for as long as the longest operation took", () => {
    const service = histogramOf([20_000, 999], [2100 * MS, 1]);
    const row = rowOf(
      forcedOf({
        delivered: 1000,
        declaredLost: value(0),
        continued: "no-progress",
        stoppedMs: 2080,
        service,
      }),
      {
        overload: "blocks",
      },
    );
    expect(row).toMatchObject({ forced: { behaviour: "blocks", longestStallMs: 2100 }, contradiction: null });
    expect(row.forced?.stalledShare).toBeCloseTo(0.99, 2);
  });

  test("that slows every operation down without ever stopping the workload blocks as well", () => {
    expect(rowOf(forcedOf({ delivered: 1000, service: histogramOf([30 * MS, 1000]) }))).toMatchObject({
      forced: { behaviour: "blocks", continued: "window-over" },
    });
  });

  test("is not called blocked for one long turn of the scheduler's in a short window", () => {
    const service = histogramOf([2000, 19_000], [40 * MS, 1]);
    expect(rowOf(forcedOf({ service }))).toMatchObject({
      forced: { behaviour: "drops", longestStallMs: 40 },
    });
  });

  test("is not called blocked for waits that the same workload has on this node without any agent", () => {
    const service = histogramOf([20_000, 950], [40 * MS, 50]);
    const unrest: Partial<RunSpec> = {
      outcome: (slot) => measuredOf(slot, [operationOf("exec", 1000, slot.load, { service })]),
    };
    expect(rowOf(forcedOf({ service }))).toMatchObject({ forced: { behaviour: "blocks-and-drops" } });
    expect(rowOf(forcedOf({ service }), undefined, unrest)).toMatchObject({ forced: { behaviour: "drops" } });
  });

  test("that nothing came of proves nothing, and says so", () => {
    const row = rowOf(forcedOf({ delivered: 1000, declaredLost: value(0) }), { overload: "blocks" });
    expect(row).toMatchObject({ forced: { behaviour: "keeps-up" }, contradiction: null });
  });

  test("that failed or had nothing to stop is told with its reason", () => {
    expect(rowOf({ kind: "skipped", reason: "no process" })).toMatchObject({
      forced: null,
      notForced: { kind: "skipped", reason: "no process" },
    });
    const failed = rowOf({ kind: "failed", stage: "overflow", message: "it died", lastLines: [] });
    expect(failed).toMatchObject({
      forced: null,
      notForced: { kind: "failed", stage: "overflow", message: "it died" },
    });
  });

  test("says when events may have been never seen instead of lost", () => {
    const blindTo = [{ scenario: "process-exec", extent: "some", why: "it samples" } as const];
    const row = rowOf(forcedOf({ declaredLost: value(0) }), { overload: "none", blindTo });
    expect(row).toMatchObject({ forced: { silentLost: null }, contradiction: null });
    expect(row.notes).toEqual([{ kind: "partly-blind", text: "it samples" }]);
  });
});

const BLOCKED = { continued: "no-progress", service: histogramOf([20_000, 999], [2000 * MS, 1]) } as const;

describe("the data sheet against the overflow", () => {
  const toldOf = (lines: readonly RecordLine[]): readonly Warning[] =>
    analyse(lines).warnings.filter(({ kind }) => kind === "backpressure");

  test.each([
    ["drops", forcedOf({ delivered: 1000, ...BLOCKED }), "blocks"],
    ["blocks", forcedOf(), "drops"],
    ["blocks", forcedOf(BLOCKED), "blocks-and-drops"],
    ["none", forcedOf(), "drops"],
    ["none", forcedOf({ delivered: 1000, ...BLOCKED }), "blocks"],
  ] as const)("%s: a contradiction is told, in its row and as a warning", (overload, outcome, behaviour) => {
    const contradiction = { promised: overload, behaviour };
    expect(rowOf(outcome, { overload }).contradiction).toEqual(contradiction);
    expect(toldOf(withOverflow(outcome, { overload }))).toEqual([
      { kind: "backpressure", agent: "sensor", scenario: "process-exec", contradiction },
    ]);
  });

  test.each([
    ["drops", forcedOf()],
    ["blocks", forcedOf({ delivered: 1000, ...BLOCKED })],
  ] as const)("%s: nothing is told where it is kept", (overload, outcome) => {
    expect(rowOf(outcome, { overload }).contradiction).toBeNull();
    expect(toldOf(withOverflow(outcome, { overload }))).toEqual([]);
  });

  test("a record that does not tell the data sheet contradicts nothing", () => {
    expect(rowOf(forcedOf(BLOCKED), {})).toMatchObject({ promised: null, contradiction: null });
  });
});

describe("under the run's own load", () => {
  const underLoad = (
    latencies: (agent: string) => Histogram,
    delivered: number,
  ): BackpressureRow["underLoad"] =>
    rowOf(forcedOf(), undefined, {
      outcome: (slot) => {
        const operations = [operationOf("exec", 1000, slot.load, { service: latencies(slot.agent) })];
        const usual = measuredOf(slot, operations);
        return slot.agent === BASELINE || usual.ledger.kind !== "counted"
          ? usual
          : { ...usual, ledger: { ...usual.ledger, delivered } };
      },
    }).underLoad;
  const stalling = histogramOf([20_000, 290], [100 * MS, 10]);
  const quick = histogramOf([20_000, 300]);

  test.each([
    ["keeps-up", quick, quick, 300],
    ["drops", quick, quick, 200],
    ["blocks", stalling, quick, 300],
    ["blocks-and-drops", stalling, quick, 299],
    // Where the node itself stalls without any agent, the agent is not blamed for it.
    ["keeps-up", stalling, stalling, 300],
  ] as const)("it %s", (behaviour, agents, baselines, delivered) => {
    const seen = underLoad((agent) => (agent === BASELINE ? baselines : agents), delivered);
    expect(seen).toMatchObject({ behaviour, lostShare: (300 - delivered) / 300 });
  });
});
