/** Coverage by kind of operation in every format that people read, and in the view's schema. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderHtml } from "./support/render.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildView } from "./support/view-builder.ts";

const row = (agent: string, kind: string, delivered: number | null) => ({
  agent,
  scenario: "high-value",
  load: "closed",
  placement: "pinned" as const,
  kind,
  trials: 2,
  operations: 1200,
  delivered,
});
const view: RunView = {
  ...buildView(),
  agents: buildView().agents.map((agent) =>
    agent.id === "opensnoop" ? { ...agent, id: "calibration-nothing", role: "calibration" } : agent,
  ),
  kinds: [
    row("sensor", "sudo", 1200),
    row("sensor", "bpf", null),
    row("auditd", "sudo", 1187),
    row("auditd", "bpf", 1200),
    row("calibration-nothing", "sudo", 0),
  ],
};

/** Words only: no markup, and any kind of space is one. */
const words = (text: string): string => text.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");

test.each([
  ["the terminal", () => renderTerminal(view, { columns: 80, colour: false })],
  ["the page", () => renderHtml(view)],
  ["Markdown", () => renderMarkdown(view)],
])("%s says what was seen of each kind, and what nobody asked for", async (_, render) => {
  const text = words(await render());
  expect(text).toMatch(/high-value by technique/);
  expect(text).toMatch(/1 187 of 1 200/);
  expect(text).toMatch(/not observed by design/);
  expect(text).not.toMatch(/calibration-nothing: sudo/);
});

test("on the terminal a kind that an agent is not asked for stands apart from those that it saw", () => {
  const text = words(renderTerminal(view, { columns: 80, colour: false }));
  expect(text).toContain("sensor: sudo 1 200 of 1 200; not observed by design: bpf");
});

test("the schema knows it, and refuses a share of an event", () => {
  const validate = new Ajv2020({ strictRequired: false, strictTypes: false }).compile(schema);
  expect(validate(JSON.parse(renderSummaryJson(view)))).toBe(true);
  const half = { ...view, kinds: [row("sensor", "sudo", 0.5)] };
  expect(validate(JSON.parse(JSON.stringify(half)))).toBe(false);
});
