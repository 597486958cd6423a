/** Who suffers beside a storm, in every format. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { Neighbour, NeighbourAgent, NeighbourContrast } from "../../src/domain/neighbour.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { displayWidth } from "../../src/report/width.ts";
import { suffersSentence } from "../../src/report/words/neighbour.ts";
import { renderHtml } from "./support/render.ts";
import { buildView } from "./support/view-builder.ts";

const interval = (value: number, low: number, high: number) => ({ value, low, high });

const P99: NeighbourContrast = {
  measure: "p99",
  alone: { baseline: 400_000, agent: 480_000 },
  beside: { baseline: 1_200_000, agent: 3_600_000 },
  costAlone: interval(1.2, 1.1, 1.3),
  costBeside: interval(3, 2.6, 3.5),
  interaction: interval(2.5, 2.1, 3),
  blocks: 12,
  known: true,
  doubt: null,
};

const CONTRASTS: readonly NeighbourContrast[] = [
  { ...P99, measure: "p50", interaction: interval(1.02, 0.98, 1.06), known: false },
  P99,
  {
    ...P99,
    measure: "p999",
    alone: { baseline: 900_000, agent: null },
    beside: { baseline: 9_000_000, agent: null },
    interaction: interval(4, 3, 5.3),
  },
  {
    ...P99,
    measure: "throughput",
    alone: { baseline: 1000, agent: 1000 },
    beside: { baseline: 999.8, agent: 999.1 },
    costAlone: interval(1, 0.999, 1.001),
    interaction: interval(0.9993, 0.9991, 0.9995),
    known: true,
  },
];

const SIDE = { agentCores: 0.05, lost: 0 };

const SUFFERED: NeighbourAgent = {
  agent: "auditd",
  contrasts: CONTRASTS,
  alone: SIDE,
  beside: { agentCores: 0.61, lost: 0.034 },
  unmeasured: [],
};

const calm = (agent: string): NeighbourAgent => ({
  ...SUFFERED,
  agent,
  contrasts: CONTRASTS.map((one) => ({ ...one, interaction: interval(1.01, 0.9, 1.12), known: false })),
  beside: SIDE,
});

const UNKNOWN: NeighbourAgent = {
  agent: "bpftrace",
  contrasts: CONTRASTS.map(({ measure, alone, beside }) => ({
    measure,
    alone,
    beside: { ...beside, agent: null },
    costAlone: null,
    costBeside: null,
    interaction: null,
    blocks: 0,
    known: null,
    doubt: "not-measured",
  })),
  alone: { agentCores: null, lost: null },
  beside: { agentCores: null, lost: null },
  unmeasured: [{ kind: "skipped", reason: "no storm: <too little> memory" }],
};

const SHARED: Neighbour = {
  scenario: "neighbour-exec",
  setting: "shared",
  requestsPerSecond: 1000,
  storm: { scenario: "process-exec", processes: 2, askedPerSecond: 4000, startsPerSecond: 4920 },
  stormAlone: [{ measure: "p99", ratio: interval(3, 2.7, 3.3) }],
  agents: [SUFFERED, calm("sensor"), UNKNOWN],
  comparisons: 16,
};

const VIEW: RunView = { ...buildView(), neighbours: [SHARED, { ...SHARED, setting: "apart" }] };
const ALONE: RunView = { ...VIEW, kind: "beside", estimates: [], ledger: [], deliveries: [], verdicts: [] };

describe("a sentence", () => {
  test("names who suffers, by which figures, who does not, and who is not known", () => {
    expect(suffersSentence(SHARED)).toBe(
      "neighbour-exec beside a storm on the same CPUs suffers: with auditd more than storm and agent explain by themselves (p99 x2.50 [2.10, 3.00], p99.9 x4.00 [3.00, 5.30]); with sensor no more than these explain is known; with bpftrace it is not known: too little was measured.",
    );
  });

  test("leaves out what is known and too small to be felt, and tells of an agent that spares the service", () => {
    const slight = { ...P99, interaction: interval(1.01, 1.005, 1.015) };
    const spared = { ...P99, interaction: interval(0.5, 0.4, 0.6) };
    expect(suffersSentence({ ...SHARED, agents: [{ ...SUFFERED, contrasts: [slight] }] })).toContain(
      "with auditd no more than these explain is known",
    );
    expect(suffersSentence({ ...SHARED, agents: [{ ...SUFFERED, contrasts: [spared] }] })).toContain(
      "with auditd less (p99 x0.50 [0.40, 0.60])",
    );
  });
});

describe("the terminal", () => {
  const text = (view: RunView, columns = 160): string => {
    const all = renderTerminal(view, { columns, colour: false });
    const from = all.indexOf("Who suffers beside it?");
    return from < 0 ? "" : all.slice(from);
  };

  test("begins with the sentence, and has a row for each agent and percentile", () => {
    const told = text(ALONE);
    expect(told.replaceAll(/\s+/g, " ")).toContain(suffersSentence(SHARED));
    expect(told).toMatch(
      /auditd +p99 +400 us +480 us +1\.20 ms +3\.60 ms .*x2\.50 \[2\.10, 3\.00\] +yes +12/,
    );
    expect(told).toMatch(/auditd +p99\.9 +900 us +- +9\.00 ms +- /);
    expect(told).toContain("no storm: <too little> memory");
  });

  test.each([60, 80, 100])("fits %d columns", (columns) => {
    expect(
      text(VIEW, columns)
        .split("\n")
        .filter((line) => displayWidth(line) > columns),
    ).toEqual([]);
  });

  test("has no such part where no service was looked at", () => {
    expect(text(buildView())).toBe("");
  });
});

test("the page draws it in a section of its own, and is about nothing else where nothing else was measured", async () => {
  const page = await renderHtml(VIEW);
  const section = page.slice(page.indexOf('<section id="neighbours"'));
  expect(section).toContain("Who suffers beside it?");
  expect(section.match(/<svg[^>]*aria-label="Percentiles of the response time/g)).toHaveLength(2);
  expect(section).toContain("no storm: &lt;too little&gt; memory");
  const alone = await renderHtml(ALONE);
  expect(alone).toContain("What a service beside a storm feels of");
  expect(alone).not.toContain('<section id="decision"');
  expect(await renderHtml(buildView())).not.toContain('<section id="neighbours"');
});

test("Markdown has the sentence and the figures", () => {
  const text = renderMarkdown(ALONE);
  expect(text).toContain("### Who suffers beside it?");
  expect(text).toMatch(/\| auditd \| p99 \| 400 us \| 480 us \| 1\.20 ms \| 3\.60 ms \|/);
  expect(text).not.toContain("May it be rolled out?");
  expect(renderMarkdown(buildView())).not.toContain("Who suffers");
});

test("a calibration agent is none of the agents that a service suffers from", () => {
  const agents = [...SHARED.agents, calm("calibration-cost@0")];
  const view: RunView = {
    ...ALONE,
    agents: ALONE.agents.flatMap((agent) =>
      agent.id === "sensor" ? [{ ...agent, id: "calibration-cost@0", role: "calibration" }, agent] : [agent],
    ),
    neighbours: [{ ...SHARED, agents }],
  };
  expect(renderMarkdown(view)).not.toContain("calibration-cost@0 |");
});

describe("the schema", () => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
  const accepts = (neighbours: readonly unknown[]): boolean =>
    validate(JSON.parse(renderSummaryJson({ ...VIEW, neighbours: neighbours as readonly Neighbour[] })));

  test("accepts what is told, with the sentence beside the facts", () => {
    expect(accepts([SHARED])).toBe(true);
    expect(renderSummaryJson(VIEW)).toContain(JSON.stringify(suffersSentence(SHARED)));
  });

  test.each([
    ["an unknown setting", { ...SHARED, setting: "elsewhere" }],
    ["a loss in percent", { ...SHARED, agents: [{ ...SUFFERED, beside: { agentCores: 1, lost: 34 } }] }],
    ["a field that nobody declared", { ...SHARED, cost: 1 }],
  ])("refuses %s", (_, neighbour) => {
    expect(accepts([neighbour])).toBe(false);
  });
});
