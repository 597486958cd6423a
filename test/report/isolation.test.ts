/** A reader must learn that the workload did not run on the node as it is, whatever the format. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderHtml } from "./support/render.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildView } from "./support/view-builder.ts";

const usual = buildView();
const isolated: RunView = { ...usual, run: { ...usual.run, isolation: ["network", "mount"] } };
const WORDS = /network and mount namespaces of the run's own/;

const FORMATS: readonly (readonly [string, (view: RunView) => string | Promise<string>])[] = [
  ["terminal", (view) => renderTerminal(view, { columns: 500, colour: false })],
  ["markdown", renderMarkdown],
  ["html", async (view) => (await renderHtml(view)).replaceAll("&#39;", "'")],
];

test.each(FORMATS)(
  "%s says where the workload ran, and only if it was not the node as it is",
  async (_, render) => {
    expect(await render(isolated)).toMatch(WORDS);
    expect(await render(usual)).not.toMatch(/namespaces/);
  },
);

test("the JSON names the namespaces, as its schema has them", () => {
  const read: unknown = JSON.parse(renderSummaryJson(isolated));
  expect(read).toMatchObject({ run: { isolation: ["network", "mount"] } });
  const valid = new Ajv2020({ strict: true }).compile(schema);
  valid(read);
  expect(valid.errors ?? []).toEqual([]);
});
