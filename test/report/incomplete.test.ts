/** Records from which there is little or nothing to say: the page says what is missing, and never shows a blank chart or a NaN. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { missing } from "../../src/domain/units.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderHtml } from "./support/render.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildRecord } from "../analyse/support/record-builder.ts";
import type { RunSpec } from "../analyse/support/record-builder.ts";

const record = (spec: Partial<RunSpec> = {}): readonly RecordLine[] =>
  buildRecord({ blocks: 12, agents: ["probe"], ...spec });

const failing = (of: (agent: string) => boolean): Partial<RunSpec> => ({
  outcome: ({ agent }, usual) =>
    of(agent)
      ? { kind: "failed", stage: "driver", message: "it broke", lastLines: ["no such thing"] }
      : usual,
});

const none = missing("it could not be read");

const CASES: readonly (readonly [name: string, lines: readonly RecordLine[], said: readonly string[]])[] = [
  [
    "a header alone",
    record().slice(0, 1),
    [
      "No trial could be compared with a baseline.",
      "No events were counted.",
      "incomplete run",
      "No trial was measured.",
    ],
  ],
  [
    "every trial failed",
    record(failing(() => true)),
    [
      "Nothing could be measured on node1",
      "No trial of an agent gave a figure on node1, so there is nothing to compare (the warnings say why).",
      "trial failed at driver: it broke",
      "Agents that were tried and of which no trial was measured",
      "No trial could be compared with a baseline.",
      "No latency was measured.",
    ],
  ],
  [
    "the only agent failed",
    record(failing((agent) => agent === "probe")),
    [
      "Nothing could be measured on node1",
      "probe, process-exec: trial failed at driver: it broke; it said last: &quot;no such thing&quot; (12 times)",
      "No events were counted.",
    ],
  ],
  [
    "no baseline",
    record(failing((agent) => agent === "baseline")),
    [
      "What 1 agent missed on node1: no cost is known",
      "1 agent ran in 12 blocks on node1, but could not be compared with the same node without one",
      "baseline, process-exec: trial failed",
      "What it would take over a fleet",
    ],
  ],
  ["no agent but the baseline", record({ agents: [] }), ["No agent could be measured on node1"]],
  ["one block", record({ blocks: 1 }), ["exploratory, n = 1"]],
  ["interrupted in the middle", record({ ended: "no" }).slice(0, 40), ["incomplete run", "interrupted"]],
  [
    "no reading of CPU, memory, steal and output",
    record({
      outcome: (_, usual) => ({
        ...usual,
        cpu: { ...usual.cpu, systemBusyNs: none, agentNs: none, agentDrainNs: none },
        memory: { pssBytes: none, peakBytes: none, bpfMapBytes: none, bpfMapMappedBytes: none },
        noise: { ...usual.noise, stealPercent: none, cpuPressurePercent: none },
        outputBytes: none,
      }),
    }),
    [
      "None of the readings could be taken on this node.",
      "No whole-system CPU time of an operation was measured.",
    ],
  ],
  [
    "an agent without a counter that loses everything",
    record({
      outcome: ({ agent }, usual) =>
        agent === "baseline" || usual.ledger.kind !== "counted"
          ? usual
          : { ...usual, ledger: { ...usual.ledger, delivered: 0, declaredLost: none } },
    }),
    ["no counter: lost events that the agent does not declare"],
  ],
];

/** Without the page's own script and style, which may well use such words. */
const content = (page: string): string =>
  page.replace(/<style>[^]*<\/style>/, "").replace(/<script type="module">[^]*<\/script>/, "");

test("an agent of which nothing was measured is listed with its failure, and nobody is said to be measured", async () => {
  const lines = record(failing((agent) => agent === "probe"));
  const page = await renderHtml(analyse(lines));
  const section = page.slice(page.indexOf('<section id="skipped"'), page.indexOf('<section id="limits"'));
  expect(section).toMatch(/>probe<[^]*failed at driver: it broke</);
  expect(section).not.toContain("None: every agent");
  const whole = await renderHtml(analyse(record()));
  expect(whole).toContain("None: every agent that was asked for was measured.");
});

describe.each(CASES)("%s", (_, lines, said) => {
  const view = analyse(lines);

  test("the page says what is missing", async () => {
    const page = (await renderHtml(view)).replaceAll(/\s+/g, " ");
    for (const text of said) expect(page).toContain(text);
    expect(content(page)).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(page).toContain("</html>");
  });

  test("every chart that is drawn has marks", async () => {
    const page = await renderHtml(view);
    const drawn = page.match(/<svg [^]*?<\/svg>/g) ?? [];
    expect(drawn.filter((svg) => !/data-agent=|stroke="var\(--agent-0\)"/.test(svg))).toEqual([]);
  });

  test("so do the other formats", () => {
    for (const text of [
      renderTerminal(view, { columns: 80, colour: false }),
      renderMarkdown(view),
      renderCsv(view),
      renderSummaryJson(view),
    ]) {
      expect(text.length).toBeGreaterThan(50);
      expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
    }
  });
});
