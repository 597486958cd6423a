/** What an export costs: the variants of an agent against the one that hands out nothing, in the analysis, the summary and every report. */
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

const SINKS: Readonly<Record<string, { readonly sink: Sink; readonly ns: number }>> = {
  tetragon: { sink: "json-file", ns: 3000 },
  "tetragon@none": { sink: "none", ns: 1000 },
  "tetragon@grpc": { sink: "grpc-decoded", ns: 9000 },
  // Cheaper than handing out nothing, which no export is: told as it was measured.
  "tetragon@socket": { sink: "json-socket", ns: 500 },
};

const recordOf = (ids: readonly string[], blocks = 8): readonly RecordLine[] => {
  const noise = seededNoise(5);
  const lines = buildRecord({
    blocks,
    agents: ids,
    cpuNs: ({ agent }) => 10_000 + (SINKS[agent]?.ns ?? 0) + 10 * noise(),
  });
  return lines.map((line): RecordLine =>
    line.type === "header"
      ? {
          ...line,
          agents: line.agents.map((status) => {
            const sink = SINKS[status.id]?.sink;
            return sink === undefined ? status : { ...status, sink };
          }),
        }
      : line,
  );
};

const ALL = Object.keys(SINKS);

describe("what an export costs", () => {
  test("is the difference to the variant that hands out nothing, with the sign that it has", () => {
    const { sinks } = analyse(recordOf(ALL));
    const costs = Object.fromEntries(
      sinks.map(({ agent, difference }) => [agent, Math.round(difference.value / 100) * 100]),
    );
    expect(costs).toEqual({ tetragon: 2000, "tetragon@grpc": 8000, "tetragon@socket": -500 });
    for (const { difference, known, reference, of, blocks } of sinks) {
      expect({ known, reference, of, blocks }).toEqual({
        known: true,
        reference: "tetragon@none",
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
    const [row] = analyse(recordOf(ALL, 2)).sinks;
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
    }
    expect(summaryJson(analyse(recordOf(["sensor"])))).not.toHaveProperty("sinks");
  });
});
