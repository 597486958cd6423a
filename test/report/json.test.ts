import { expect, test } from "vitest";
import type { Summary } from "../../src/domain/verdict.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { buildSummary } from "./support/summary-builder.ts";

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
  const summary = buildSummary();
  const small = {
    ...summary,
    estimates: summary.estimates.slice(0, 1),
    ledger: summary.ledger.slice(0, 1),
    verdicts: summary.verdicts.slice(0, 1),
    coverage: summary.coverage.slice(0, 1),
    agents: summary.agents.slice(0, 2),
  };
  await expect(renderSummaryJson(small)).toMatchFileSnapshot("../golden/report-part.json");
});

test("reading it back gives the summary", () => {
  expect(JSON.parse(renderSummaryJson(buildSummary()))).toEqual(buildSummary());
});

test("the order of keys does not depend on how the summary was built", () => {
  const other = reversed(buildSummary()) as Summary;
  expect(renderSummaryJson(other)).toBe(renderSummaryJson(buildSummary()));
});

test("it ends in one newline", () => {
  expect(renderSummaryJson(buildSummary())).toMatch(/\}\n$/);
});

test("a figure that is not finite is refused by its name", () => {
  const summary = buildSummary();
  const [first, ...others] = summary.estimates;
  if (first === undefined) throw new Error("the builder makes estimates");
  const broken: Summary = { ...summary, estimates: [{ ...first, hodgesLehmann: Number.NaN }, ...others] };
  expect(() => renderSummaryJson(broken)).toThrow(
    "summary.estimates[0].hodgesLehmann is NaN: a missing figure must be null",
  );
});
