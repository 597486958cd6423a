/** Forced overflows in every format. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { ForcedOverflow, BackpressureRow } from "../../src/domain/backpressure.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderHtml } from "./support/render.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderBackpressureCsv } from "../../src/report/backpressure-csv.ts";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import { renderTerminal } from "../../src/report/terminal.ts";
import { displayWidth } from "../../src/report/width.ts";
import { buildView } from "./support/view-builder.ts";

const forced: ForcedOverflow = {
  behaviour: "drops",
  operations: 3000,
  delivered: 511,
  declaredLost: { low: 2489, high: 2489 },
  silentLost: { low: 0, high: 0 },
  stoppedMs: 205,
  longestStallMs: 1.78,
  stalledShare: 0,
  continued: "window-over",
  grownBytes: null,
};

const HONEST: BackpressureRow = {
  agent: "sensor",
  scenario: "process-exec",
  outside: null,
  forced,
  underLoad: { behaviour: "keeps-up", stalledShare: 0, baselineStalledShare: 0, lostShare: 0 },
  promised: "drops",
  contradiction: null,
  notForced: null,
  notes: [],
};

const ROWS: readonly BackpressureRow[] = [
  HONEST,
  {
    ...HONEST,
    agent: "auditd",
    promised: "blocks",
    forced: {
      ...forced,
      behaviour: "blocks-and-drops",
      declaredLost: { low: 3, high: 3 },
      silentLost: { low: 2486, high: 2486 },
      longestStallMs: 2104,
      stalledShare: 0.5,
      continued: "no-progress",
    },
    contradiction: { promised: "blocks", behaviour: "blocks-and-drops" },
    notes: [{ kind: "partly-blind", text: "=blocks & <drops>" }],
  },
  { ...HONEST, agent: "bpftrace", forced: { ...forced, declaredLost: null, silentLost: null } },
  {
    ...HONEST,
    agent: "execsnoop",
    forced: null,
    underLoad: null,
    promised: null,
    notForced: { kind: "skipped", reason: "=it <died>" },
  },
];

const SUMMARY: RunView = { ...buildView(), overflow: ROWS };
const terminal = (view: RunView, columns = 160): string => {
  const text = renderTerminal(view, { columns, colour: false });
  const from = text.indexOf("Forced overflow");
  return from < 0 ? "" : text.slice(from, text.indexOf("\n\n", from));
};
const rowFor = (text: string, agent: string): string =>
  text.split("\n").find((line) => line.replace(/^\| /, "").trim().startsWith(agent)) ?? "";

describe("the terminal", () => {
  test("has a row for each, says what was silent, and repeats what contradicts the data sheet", () => {
    const text = terminal(SUMMARY);
    expect(rowFor(text, "sensor")).toMatch(/drops +2.489 of 3.000 +2.489 +0 +1\.78 ms +keeps up +drops/);
    expect(rowFor(text, "auditd")).toMatch(/blocks and drops +2.489 of 3.000 +3 +2.486 +2\.10 s/);
    expect(text).toContain("but events were lost all the same");
    expect(text).toContain("not forced: =it <died>");
  });

  test("shows what is not known as such", () => {
    expect(rowFor(terminal(SUMMARY), "bpftrace")).toMatch(/2.489 of 3.000 +- +- /);
    expect(rowFor(terminal(SUMMARY), "execsnoop")).toMatch(/not forced +- +- +- +- +- +-$/);
  });

  test.each([60, 80, 100])("fits %d columns", (columns) => {
    expect(
      terminal(SUMMARY, columns)
        .split("\n")
        .filter((line) => displayWidth(line) > columns),
    ).toEqual([]);
  });

  test("has no such part where nothing was forced", () => {
    expect(terminal(buildView())).toBe("");
  });
});

test("the page has the table in its section on events, escaped, with a banner for contradictions", async () => {
  const page = await renderHtml(SUMMARY);
  const events = page.slice(page.indexOf('<section id="events"'), page.indexOf('<section id="skipped"'));
  expect(events).toContain("Forced overflow");
  expect(events).toMatch(/1 overflow contradicted[^<]*auditd/);
  expect(events).toContain("=blocks &amp; &lt;drops&gt;");
  expect(await renderHtml(buildView())).not.toContain("Forced overflow");
});

test("Markdown has a row for each and stresses what is silent", () => {
  const text = renderMarkdown(SUMMARY);
  const part = text.slice(text.indexOf("### Forced overflow"));
  expect(rowFor(part, "auditd")).toMatch(/\*\*blocks and drops\*\* .* \*\*2.486\*\*/);
  expect(rowFor(part, "sensor")).toMatch(/\| drops \| 2.489 of 3.000 \| 2.489 \| 0 \|/);
  expect(renderMarkdown(buildView())).not.toContain("Forced overflow");
});

test("CSV has a row for each, unrounded, with empty cells for what is not known and nothing that a spreadsheet runs", () => {
  const [header = "", ...rows] = renderBackpressureCsv(ROWS).trim().split("\n");
  expect(header.split(",").slice(0, 9)).toEqual([
    "agent",
    "scenario",
    "forced",
    "operations",
    "delivered",
    "declared_lost_low",
    "declared_lost_high",
    "silent_lost_low",
    "silent_lost_high",
  ]);
  expect(rows).toHaveLength(ROWS.length);
  expect(rows[0]).toMatch(/^sensor,process-exec,drops,3000,511,2489,2489,0,0,205,window-over,1\.78,0,/);
  expect(rows[1]).toContain("=blocks & <drops>");
  expect(renderBackpressureCsv([{ ...HONEST, agent: "=cmd" }])).toContain("\n'=cmd,");
  expect(rows[2]).toMatch(/^bpftrace,process-exec,drops,3000,511,,,,,/);
  expect(rows[3]).toMatch(/^execsnoop,process-exec,,,,,,/);
});

describe("what is slow outside of an agent", () => {
  const GROWN: BackpressureRow = {
    ...HONEST,
    agent: "auditd@socket",
    outside: "peer-stopped",
    forced: {
      ...forced,
      behaviour: "blocks-and-drops",
      silentLost: { low: 20, high: 21 },
      grownBytes: 8 * 2 ** 20,
    },
  };
  const skipped = (agent: string): BackpressureRow => ({
    ...HONEST,
    agent,
    outside: "peer-slow",
    forced: null,
    notForced: { kind: "skipped", reason: "it has none" },
  });
  const died: BackpressureRow = {
    ...HONEST,
    agent: "bpftrace",
    outside: "disk-full",
    forced: null,
    notForced: { kind: "failed", stage: "overflow", message: "it ended by itself", cause: "crashed" },
  };
  const held: BackpressureRow = {
    ...HONEST,
    outside: "disk-slow",
    forced: { ...forced, behaviour: "keeps-up", delivered: 3000, grownBytes: 4096 },
  };
  const all: RunView = {
    ...buildView(),
    overflow: [HONEST, GROWN, died, held, skipped("sensor"), skipped("auditd")],
  };
  const told = (text: string): string => text.slice(text.indexOf("Slow outside"));

  test("has a table of its own, with whether it blocks, drops, grows, holds or ends of it", () => {
    const text = told(renderTerminal(all, { columns: 160, colour: false }));
    expect(text).toMatch(/auditd@socket +peer stopped +blocks, drops, grows +2.489 of 3.000 .* 8\.00 MiB/);
    expect(text).toMatch(/bpftrace +disk full +ends /);
    expect(text).toMatch(/sensor +disk slow +holds +0 of 3.000/);
    expect(text).not.toMatch(/^ +sensor +peer slow/m);
  });

  test("says once what was not tried of several agents, and why", () => {
    const text = told(renderMarkdown(all));
    expect(text).toContain("Not tried, peer slow: it has none (sensor, auditd).");
    expect(text).toContain(
      "auditd@socket, process-exec: with the other end of its socket stopped, blocks and drops",
    );
  });
});

describe("the schema", () => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
  const accepts = (rows: readonly unknown[]): boolean =>
    validate(JSON.parse(renderSummaryJson({ ...SUMMARY, overflow: rows as readonly BackpressureRow[] })));

  test("accepts every kind of row", () => {
    expect(accepts(ROWS)).toBe(true);
  });

  test.each([
    ["a share in percent", { ...HONEST, forced: { ...forced, stalledShare: 50 } }],
    ["an unknown behaviour", { ...HONEST, forced: { ...forced, behaviour: "panics" } }],
    ["a field that nobody declared", { ...HONEST, cost: 1 }],
  ])("refuses %s", (_, row) => {
    expect(accepts([row])).toBe(false);
  });
});
