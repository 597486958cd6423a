/** Every format tells what an agent does not see by design, and what it delivered where it sees a part. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderHtml } from "./support/render.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderOpenMetrics } from "../../src/report/openmetrics.ts";
import { renderNdjson } from "../../src/report/ndjson.ts";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildView } from "./support/view-builder.ts";

const usual = buildView();
const agent = usual.ledger.find(({ scenario }) => scenario === "process-exec")?.agent ?? "";
const WHY = "arguments of short lives are gone";
const view: RunView = {
  ...usual,
  ledger: usual.ledger.filter((row) => row.agent !== agent || row.scenario !== "process-exec"),
  coverage: [
    {
      agent,
      scenario: "process-exec",
      reason: { kind: "partly", text: WHY },
      seen: [
        {
          load: "closed",
          placement: "pinned",
          trials: 3,
          operations: 2000,
          delivered: 1486,
          declaredLost: null,
          notAttributable: 514,
        },
      ],
    },
    { agent, scenario: "file-open", reason: { kind: "by-design", text: "files on tmpfs" } },
  ],
};

/** Words only: no markup, no escapes, and any kind of space is one. */
const words = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("\\", "")
    .replaceAll(/\s+/g, " ");

test.each([
  ["the terminal", () => renderTerminal(view, { columns: 120, colour: false })],
  ["the page", () => renderHtml(view)],
  ["Markdown", () => renderMarkdown(view)],
  ["CSV", () => renderCsv(view)],
  ["NDJSON", () => renderNdjson(view)],
])("%s", async (_, render) => {
  const text = words(await render());
  expect(text).toContain(WHY);
  expect(text).toContain("1 486 of 2 000 delivered, 514 not attributable");
  expect(text).toContain("files on tmpfs");
});

test("OpenMetrics, apart from the events of the ledger", () => {
  const text = renderOpenMetrics(view);
  const about = `agent="${agent}",scenario="process-exec",load="closed",placement="pinned"`;
  expect(text).toMatch(new RegExp(`^tare_events_partly_seen\\{.*${about}\\} 1486$`, "m"));
  expect(text).toMatch(new RegExp(`^tare_events_not_attributable\\{.*${about}\\} 514$`, "m"));
  expect(text).not.toMatch(new RegExp(`^tare_events_delivered\\{.*${about}\\}`, "m"));
});

test("JSON, and its schema allows it", () => {
  const blindTo = [{ scenario: "process-exec", extent: "some" as const, why: WHY }];
  const whole = { ...view, agents: view.agents.map((status) => ({ ...status, blindTo })) };
  const parsed: unknown = JSON.parse(renderSummaryJson(whole));
  expect(parsed).toMatchObject({ coverage: view.coverage });
  const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
  validate(parsed);
  expect(validate.errors ?? []).toEqual([]);
});

test("where no agent is to see every event, what was delivered is not said to be uncounted", () => {
  const none: RunView = { ...view, ledger: [] };
  const shown = renderTerminal(none, { columns: 200, colour: false });
  expect(shown).toContain("Of no agent is it known what it lost: none is to see every event.");
  expect(shown).not.toContain("No events were counted");
});
