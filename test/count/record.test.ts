import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { compare } from "../../src/analyse/compare/compare.ts";
import { diffRecords } from "../../src/analyse/compare/diff.ts";
import type { Counting } from "../../src/domain/counting.ts";
import { RecordLine } from "../../src/domain/record.ts";
import type { Header } from "../../src/domain/run-header.ts";
import { isCount, missing } from "../../src/domain/units.ts";
import { renderComparisonMarkdown } from "../../src/report/comparison/text.ts";
import { renderDiffMarkdown } from "../../src/report/diff/text.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { summaryJson } from "../../src/report/json.ts";
import { SummaryJson } from "../../src/report/summary-json.ts";
import { renderHtml } from "../../src/report/html.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildRecord } from "../analyse/support/record-builder.ts";
import { countRecord } from "./record.ts";
import type { SaidSpec } from "./said.ts";

/** Boots that differ by what another layout of memory makes of them. */
const boots = (added: number): readonly SaidSpec[] =>
  [0, 10, -10, 5, -5].map((off) => ({ own: 6000 + off, added: added + off }));

const loaded = (lines: readonly RecordLine[]) => ({ header: lines[0] as Header, view: analyse(lines) });
const ofCounts = (added: number, changed: Partial<Counting> = {}) =>
  loaded(countRecord(boots(added), changed));

describe("a record of counts", () => {
  const lines = countRecord(boots(800));
  const view = analyse(lines);

  test("is a record: each line fits the schema", () => {
    for (const line of lines) expect(RecordLine.safeParse(line).error).toBeUndefined();
  });

  test("has figures of instructions and none of time", () => {
    expect(view.estimates.length).toBeGreaterThan(0);
    expect(view.estimates.filter(({ metric }) => !isCount(metric))).toEqual([]);
    expect(view.distributions).toEqual([]);
    expect(view.trials).toEqual([]);
  });

  test("tells what is added, over the seeds, and where", () => {
    // Of the agent's instructions, 200 an operation come after the window, beyond a quiet time.
    expect(view.counts?.rows).toMatchObject([
      {
        agent: "sensor",
        operation: "open",
        boots: 5,
        added: { median: 1000, low: 990, high: 1010 },
        baseline: { median: 6000, low: 5990, high: 6010 },
        perEvent: 1,
        parts: { path: 800, programs: null, agent: 400, kernelThreads: 0, rest: -200 },
        medianAdded: { median: 800 },
        phases: { silent: null, unread: null },
        wakeUps: 0.03,
      },
    ]);
    expect(view.ledger).toMatchObject([{ agent: "sensor", operations: 500, delivered: 500 }]);
  });

  test("tells the BPF programs from the rest of the caller's path, and the phases", () => {
    const phased = boots(800).map((boot) => ({
      ...boot,
      phases: { programs: [1, 1, 300] as const, silent: 6100, unread: 6500 },
    }));
    const [row] = analyse(countRecord(phased)).counts?.rows ?? [];
    expect(row).toMatchObject({
      parts: { path: 500, programs: 300 },
      phases: { silent: 100, unread: 500 },
    });
    const text = renderMarkdown(analyse(countRecord(phased)));
    expect(text).toContain("attached, reporting nothing");
    expect(text).toMatch(/sensor \| file-open \/ open \| \+100 \| \+500 \| \+800/);
  });

  test("stands in the summary for programs", () => {
    expect(summaryJson(view).counts?.rows[0]).toMatchObject({ agent: "sensor", added: { median: 1000 } });
    expect(SummaryJson.safeParse(summaryJson(view)).error).toBeUndefined();
  });

  test("has no figure of a boot whose agent was not read, and takes it for no work of its own", () => {
    const unread = lines.map((line) =>
      line.type === "trial" && line.agent === "sensor" && line.block === 0 && line.outcome.kind === "counted"
        ? { ...line, outcome: { ...line.outcome, agent: missing("gone") } }
        : line,
    );
    const [row] = analyse(unread).counts?.rows ?? [];
    expect(row).toMatchObject({ boots: 4, parts: { agent: 400 } });
  });

  test.each([
    ["on a terminal", () => renderTerminal(view, { columns: 120, colour: false })],
    ["in Markdown", () => renderMarkdown(view)],
    ["on a page", () => renderHtml(view)],
  ])("says %s that these are instructions, not time", async (_, render) => {
    const text = await render();
    expect(text).toContain("instructions, not time");
    expect(text).not.toMatch(/\d (ns|us|µs)\b/);
    expect(text).toContain("1\u202f000");
  });

  test("is exported with its unit", () => {
    expect(renderCsv(view)).toContain("instructions/op");
  });
});

test("several records of counts stand side by side, without a table of times", () => {
  const sides = [ofCounts(800), ofCounts(860)];
  const compared = compare(sides);
  if (compared.kind === "refused") throw new Error("refused");
  const text = renderComparisonMarkdown(compared.comparison);
  expect(text).toContain("instructions, not time");
  expect(text).toMatch(/sensor \| file-open \/ open \| \+1\u202f000, .*\+1\u202f060,/);
  expect(text).not.toMatch(/Cost of an operation|May it be rolled out/);
});

describe("two records of counts", () => {
  const changesIn = (
    before: ReturnType<typeof loaded>,
    after: ReturnType<typeof loaded>,
    tolerance?: number,
  ) => {
    const diffed = diffRecords(before, after, tolerance);
    if (diffed.kind === "refused") throw new Error(JSON.stringify(diffed.conflicts));
    return new Map(diffed.diff.changes.map(({ metric, outcome }) => [metric, outcome]));
  };

  test("are the same where nothing changed, and where it changed within the error bar", () => {
    expect(changesIn(ofCounts(800), ofCounts(800)).get("instructions")).toBe("same");
    expect(changesIn(ofCounts(800), ofCounts(805)).get("instructions")).toBe("same");
  });

  test("are worse or better by whatever is beyond the error bar", () => {
    expect(changesIn(ofCounts(800), ofCounts(860)).get("instructions")).toBe("worse");
    expect(changesIn(ofCounts(860), ofCounts(800)).get("workload-instructions")).toBe("better");
  });

  test("are the same within a tolerance that was asked for", () => {
    expect(changesIn(ofCounts(800), ofCounts(860), 5).get("instructions")).toBe("same");
  });

  test("name what else differs", () => {
    const diffed = diffRecords(ofCounts(800), ofCounts(800, { qemu: "10.1.0" }));
    expect(diffed.kind === "diff" ? diffed.diff.varies : []).toContainEqual({
      key: "QEMU",
      values: ["10.0.2", "10.1.0"],
    });
  });

  test("are told of as no time", () => {
    const diffed = diffRecords(ofCounts(800), ofCounts(860));
    if (diffed.kind === "refused") throw new Error("refused");
    const text = renderDiffMarkdown(diffed.diff, { all: false });
    expect(text).toContain("instructions, not time");
    expect(text).toContain("+60");
  });

  test("are not compared with a record of time", () => {
    const timed = loaded(buildRecord({ blocks: 4, agents: ["sensor"], scenarios: ["file-open"] }));
    expect(diffRecords(timed, ofCounts(800))).toMatchObject({
      kind: "refused",
      conflicts: expect.arrayContaining([
        { key: "measured", values: ["time", "instructions, not time"] },
      ]) as unknown,
    });
  });
});
