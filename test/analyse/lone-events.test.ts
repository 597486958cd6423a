/** The latency of an event alone is a figure of its own: median and longest over turns, and how often it was not seen at all. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { missing, type Reading, value } from "../../src/domain/units.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { summaryJson } from "../../src/report/json.ts";
import { buildRecord } from "./support/record-builder.ts";

const withLoneEvents = (readings: readonly Reading<number>[]): readonly RecordLine[] =>
  buildRecord({ blocks: readings.length, agents: ["osquery"] }).map((line): RecordLine => {
    const loneEventMs = line.type === "turn" && line.agent === "osquery" ? readings[line.block] : undefined;
    return line.type === "turn" && line.outcome.kind === "started" && loneEventMs !== undefined
      ? { ...line, outcome: { ...line.outcome, loneEventMs } }
      : line;
  });

test("it is told by agent, and a turn in which it never came is no figure", () => {
  const reason = "of one event a second the first did not come within 15 s";
  const view = analyse(withLoneEvents([value(2600), missing(reason), value(5300), value(2100)]));
  expect(view.loneEvents).toEqual([
    { agent: "osquery", turns: 4, medianMs: 2600, longestMs: 5300, notSeen: 1, reasons: [reason] },
  ]);
  expect(summaryJson(view).loneEvents).toEqual(view.loneEvents);
  const text = renderMarkdown(view);
  expect(text).toContain("An event alone");
  expect(text).toMatch(/osquery.*3 s.*5 s.*4.*1 of 4: of one event a second/);
});

test("records from before it was tried have none", () => {
  const view = analyse(buildRecord({ blocks: 2, agents: ["osquery"] }));
  expect(view.loneEvents).toEqual([]);
  expect(summaryJson(view)).not.toHaveProperty("loneEvents");
});
