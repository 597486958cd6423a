import { expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderSummaryJson, summaryJson } from "../../src/report/json.ts";
import { buildView } from "./support/view-builder.ts";

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
};

test("a run is written as it was agreed", async () => {
  const view = buildView();
  const small = {
    ...view,
    estimates: view.estimates.slice(0, 1),
    ledger: view.ledger.slice(0, 1),
    verdicts: view.verdicts.slice(0, 1),
    coverage: view.coverage.slice(0, 1),
    agents: view.agents.slice(0, 2),
  };
  await expect(renderSummaryJson(small)).toMatchFileSnapshot("../golden/report-part.json");
});

test("reading it back gives the summary", () => {
  expect(JSON.parse(renderSummaryJson(buildView()))).toEqual(summaryJson(buildView()));
});

test("the order of keys does not depend on how the view was built", () => {
  const other = reversed(buildView()) as RunView;
  expect(renderSummaryJson(other)).toBe(renderSummaryJson(buildView()));
});

test("it ends in one newline", () => {
  expect(renderSummaryJson(buildView())).toMatch(/\}\n$/);
});

test("a figure that is not finite is refused by its name", () => {
  const view = buildView();
  const [first, ...others] = view.estimates;
  if (first === undefined) throw new Error("the builder makes estimates");
  const broken: RunView = { ...view, estimates: [{ ...first, hodgesLehmann: Number.NaN }, ...others] };
  expect(() => renderSummaryJson(broken)).toThrow(
    "summary.estimates[0].hodgesLehmann is NaN: a missing figure must be null",
  );
});
