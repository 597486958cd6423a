/** What an export costs: each rung of an agent's ladder against the one that it stands on, in the analysis, the summary and every report. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Sink } from "../../src/domain/sink.ts";
import { renderHtml } from "../../src/report/html.ts";
import { summaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { SummaryJson } from "../../src/report/summary-json.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";

type Costs = Readonly<Record<string, { readonly sink: Sink; readonly ns: number }>>;

const SINKS: Costs = {
  tetragon: { sink: "json-file", ns: 3000 },
  "tetragon@none": { sink: "none", ns: 1000 },
  "tetragon@grpc": { sink: "grpc-decoded", ns: 9000 },
  // Cheaper than handing out nothing, which no export is: told as it was measured.
  "tetragon@socket": { sink: "json-socket", ns: 500 },
};

interface Options {
  readonly blocks?: number;
  readonly costs?: Costs;
  readonly noiseNs?: number;
  readonly seed?: number;
}

const recordOf = (
  ids: readonly string[],
  { blocks = 8, costs = SINKS, noiseNs = 10, seed = 5 }: Options = {},
): readonly RecordLine[] => {
  const noise = seededNoise(seed);
  const lines = buildRecord({
    blocks,
    agents: ids,
    cpuNs: ({ agent }) => 10_000 + (costs[agent]?.ns ?? 0) + noiseNs * noise(),
  });
  return lines.map((line): RecordLine =>
    line.type === "header"
      ? {
          ...line,
          agents: line.agents.map((status) => {
            const sink = costs[status.id]?.sink;
            return sink === undefined ? status : { ...status, sink };
          }),
        }
      : line,
  );
};

const ALL = Object.keys(SINKS);

/** A dose that grows with each rung, as a calibration agent's would: each step is known. */
const LADDER: Costs = {
  "sensor@slow": { sink: "slow-reader", ns: 12_400 },
  "sensor@idle": { sink: "idle", ns: 100 },
  "sensor@loaded": { sink: "loaded", ns: 300 },
  "sensor@filtered": { sink: "filtered", ns: 700 },
  "sensor@none": { sink: "none", ns: 1500 },
  sensor: { sink: "json-file", ns: 3100 },
  "sensor@socket": { sink: "json-socket", ns: 6300 },
};

const ladderOf = (options: Options = {}, left: readonly string[] = []) =>
  analyse(
    recordOf(
      Object.keys(LADDER).filter((id) => !left.includes(id)),
      { ...options, costs: LADDER },
    ),
  ).sinks;

/** The agent's own CPU time in the records that are built is not in the node's, but what it spends after the window is. */
const DRAIN_NS = 5;

describe("a ladder", () => {
  const STEPS = [
    ["sensor@idle", "baseline", 100],
    ["sensor@loaded", "sensor@idle", 200],
    ["sensor@filtered", "sensor@loaded", 400],
    ["sensor@none", "sensor@filtered", 800],
    ["sensor", "sensor@none", 1600],
    ["sensor@socket", "sensor@none", 4800],
    ["sensor@slow", "sensor@socket", 6100],
  ] as const;

  test("gives back each step, in the order of the rungs, and against what each stands on", () => {
    const rows = ladderOf();
    expect(rows.map(({ agent, reference }) => [agent, reference])).toEqual(
      STEPS.map(([agent, reference]) => [agent, reference]),
    );
    for (const [index, [, reference, step]] of STEPS.entries()) {
      const { difference, known, parts } = rows[index] ?? { difference: { value: NaN }, known: null };
      const expected = reference === "baseline" ? step + DRAIN_NS : step;
      expect(Math.abs(difference.value - expected)).toBeLessThan(40);
      expect(known).toBe(true);
      // All of the dose is burned in the caller; of the agent's own time the records hold a tenth, and what it spends after the window.
      expect(Math.abs((parts?.caller?.value ?? NaN) - step)).toBeLessThan(40);
      const ofAgent = reference === "baseline" ? (10_000 + step) / 10 + DRAIN_NS : step / 10;
      expect(Math.abs((parts?.agent?.value ?? NaN) - ofAgent)).toBeLessThan(10);
    }
  });

  test("compares a rung with the next below that was measured", () => {
    const referenceOf = (left: readonly string[]) =>
      Object.fromEntries(ladderOf({}, left).map(({ agent, reference }) => [agent, reference]));
    expect(referenceOf(["sensor@none", "sensor@filtered"])["sensor"]).toBe("sensor@loaded");
    expect(referenceOf(["sensor@idle"])["sensor@loaded"]).toBe("baseline");
    expect(referenceOf(["sensor@socket"])["sensor@slow"]).toBe("sensor@none");
  });

  test("says what a day of events takes, and how many came", () => {
    const rows = ladderOf();
    for (const { bytes, gigabytesPerDay, delivered } of rows) {
      expect(gigabytesPerDay).toBeCloseTo((bytes?.value ?? NaN) * 0.0864, 10);
      expect(delivered).toBe(1);
    }
  });

  test("has intervals that hold the known step as often as they promise", () => {
    const RUNS = 40;
    let held = 0;
    let all = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      for (const [index, { difference, reference }] of ladderOf({
        noiseNs: 300,
        seed,
        blocks: 6,
      }).entries()) {
        const step = (STEPS[index]?.[2] ?? NaN) + (reference === "baseline" ? DRAIN_NS : 0);
        all += 1;
        held += Number((difference.low ?? NaN) <= step && step <= (difference.high ?? NaN));
      }
    }
    expect(all).toBe(STEPS.length * RUNS);
    // 95 % of 280, and three standard errors less.
    expect(held / all).toBeGreaterThan(0.91);
  });
});

describe("what an export costs", () => {
  test("is the difference to the variant that hands out nothing, with the sign that it has", () => {
    const { sinks } = analyse(recordOf(ALL));
    const costs = Object.fromEntries(
      sinks.map(({ agent, difference }) => [agent, Math.round(difference.value / 100) * 100]),
    );
    expect(costs).toEqual({
      "tetragon@none": 1000,
      tetragon: 2000,
      "tetragon@grpc": 8000,
      "tetragon@socket": -500,
    });
    for (const { agent, difference, known, reference, of, blocks } of sinks) {
      expect({ known, reference, of, blocks }).toEqual({
        known: true,
        reference: agent === "tetragon@none" ? "baseline" : "tetragon@none",
        of: "tetragon",
        blocks: 8,
      });
      const { low, value, high } = difference;
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  test("is told of no agent whose variant without an export was not measured, and of no other agent", () => {
    expect(analyse(recordOf(["tetragon", "tetragon@grpc"])).sinks).toEqual([]);
    expect(analyse(recordOf(["tetragon@none", "sensor"])).sinks).toEqual([]);
  });

  test("makes nobody roll out what hands out nothing", () => {
    const { agents } = analyse(recordOf(ALL)).decisions;
    expect(agents.map(({ agent }) => agent)).toEqual(expect.arrayContaining(["tetragon", "tetragon@grpc"]));
    expect(agents.map(({ agent }) => agent)).not.toContain("tetragon@none");
    const rungs = analyse(recordOf(Object.keys(LADDER), { costs: LADDER })).decisions.agents;
    expect(rungs.map(({ agent }) => agent).sort()).toEqual(["sensor", "sensor@socket"]);
  });

  test("is not told of what raises no event", () => {
    const lines = recordOf(ALL).map((line): RecordLine => {
      if (line.type !== "trial" || line.outcome.kind !== "measured") return line;
      const ledger = { kind: "not-observed", cause: "no-events", why: "it raises none" } as const;
      return { ...line, outcome: { ...line.outcome, ledger } };
    });
    expect(analyse(lines).sinks).toEqual([]);
  });

  test("has no interval where the blocks are too few", () => {
    const [row] = analyse(recordOf(ALL, { blocks: 2 })).sinks;
    expect(row).toMatchObject({ known: null, blocks: 2, difference: { low: null, high: null } });
  });

  test("stands in the summary, on the page, in the terminal and in Markdown", async () => {
    const view = analyse(recordOf(ALL));
    expect(SummaryJson.parse(summaryJson(view)).sinks).toEqual(view.sinks);
    const texts = [
      await renderHtml(view),
      renderTerminal(view, { columns: 80, colour: false }),
      renderMarkdown(view),
    ];
    for (const text of texts) {
      expect(text).toContain("What does the export cost?");
      expect(text).toContain("gRPC, printed as JSON");
      expect(text).toMatch(/GB a day/);
    }
    expect(summaryJson(analyse(recordOf(["sensor"])))).not.toHaveProperty("sinks");
  });
});
