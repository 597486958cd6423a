import { describe, expect, test } from "vitest";
import type { Emulation } from "../../src/domain/emulation.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderHtml } from "./support/render.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderNdjson } from "../../src/report/ndjson.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { reasonText } from "../../src/report/words/reasons.ts";
import { warningText } from "../../src/report/words/warnings.ts";
import { sideOf } from "../analyse/support/sides.ts";

const MARK = "emulated: functional, no performance verdict";
const budgets = [
  { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 50 } },
  { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
] as const;

const summaryOf = (emulation: Emulation): RunView =>
  sideOf({ run: { budgets }, host: { emulated: emulation.kind === "emulated", emulation } }).view;

const everyFormat = async (view: RunView): Promise<Readonly<Record<string, string>>> => ({
  terminal: renderTerminal(view, { columns: 100, colour: false }),
  markdown: renderMarkdown(view),
  html: await renderHtml(view),
  csv: renderCsv(view),
  json: renderSummaryJson(view),
  ndjson: renderNdjson(view),
});

describe("an emulated node", () => {
  const evidence = "generic timer at 62.5 MHz, which is what QEMU simulates";
  const view = summaryOf({ kind: "emulated", evidence: [evidence] });

  test("gets no verdict on cost or loss, whatever the figures are", () => {
    expect(view.verdicts.map(({ kind }) => kind)).toEqual(["invalid", "invalid"]);
    for (const verdict of view.verdicts) expect(reasonText(verdict)).toContain(MARK);
  });

  test("carries the mark at every single figure", () => {
    expect(view.estimates.length).toBeGreaterThan(5);
    expect(view.estimates.filter(({ notes }) => notes[0]?.kind !== "emulated")).toEqual([]);
    const rows = renderCsv(view).trim().split("\n").slice(1);
    expect(rows.filter((row) => !row.includes(MARK))).toEqual([]);
  });

  test("is marked in every output, and the evidence is told to people", async () => {
    const formats = await everyFormat(view);
    for (const [format, text] of Object.entries(formats)) {
      expect([format, text.replaceAll(/\s+/g, " ").includes(MARK)]).toEqual([format, true]);
    }
    for (const format of ["terminal", "markdown", "html", "json"]) {
      expect(formats[format]?.replaceAll(/\s+/g, " ")).toContain(evidence);
    }
  });
});

describe("a node of which nobody can tell", () => {
  const view = summaryOf({ kind: "unknown", evidence: ["the machine is one of QEMU's"] });

  test("is not taken for real in silence: it is said at the top and among the warnings", async () => {
    for (const [format, text] of Object.entries(await everyFormat(view))) {
      if (format === "csv" || format === "ndjson") continue;
      expect([format, /could not be told\s+whether\s+the CPU\s+is\s+emulated/.test(text)]).toEqual([
        format,
        true,
      ]);
    }
    expect(view.warnings.map(warningText)).toContain(
      "run: it could not be told whether the CPU is emulated (the machine is one of QEMU's)",
    );
  });

  test("keeps its verdicts, because nothing says that they are wrong", () => {
    expect(view.verdicts.map(({ kind }) => kind)).not.toContain("invalid");
  });
});

test("a real CPU is told with its evidence, and marked nowhere", async () => {
  const formats = await everyFormat(
    summaryOf({ kind: "hardware", evidence: ["the CPU names its hypervisor KVMKVMKVM"] }),
  );
  expect(formats["html"]).toContain("no: the CPU names its hypervisor KVMKVMKVM");
  expect(formats["terminal"]?.replaceAll(/\s+/g, " ")).toContain(
    "a real CPU runs the node: the CPU names its hypervisor",
  );
  for (const text of Object.values(formats)) expect(text).not.toContain(MARK);
});
