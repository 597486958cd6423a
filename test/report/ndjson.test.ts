import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderNdjson } from "../../src/report/ndjson.ts";
import { hostileView } from "./support/hostile.ts";
import { buildView } from "./support/view-builder.ts";

interface Field {
  readonly name: string;
  readonly type: string;
  readonly mode: "REQUIRED" | "NULLABLE";
  readonly description: string;
}

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/schemas/estimates.bigquery.json"), "utf8"),
) as readonly Field[];

const rowsOf = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** What BigQuery takes for a column of this type in JSON, as its documentation on loading JSON says. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  STRING: (value) => typeof value === "string",
  FLOAT: (value) => typeof value === "number",
  INTEGER: (value) => Number.isInteger(value),
  BOOLEAN: (value) => typeof value === "boolean",
  TIMESTAMP: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
};

test.each([
  ["a whole run", buildView()],
  ["a run too short for intervals", buildView({ blocks: 3 })],
  ["hostile names", hostileView()],
])("every row of %s loads into the committed table", (_, view) => {
  const rows = rowsOf(renderNdjson(view));
  expect(rows).toHaveLength(view.estimates.length);
  for (const row of rows) {
    const unfit = schema.filter(({ name, type, mode }) =>
      name in row ? FITS[type]?.(row[name]) !== true : mode !== "NULLABLE",
    );
    expect(unfit, `in ${JSON.stringify(row)}`).toEqual([]);
    expect(Object.keys(row).filter((key) => !schema.some(({ name }) => name === key))).toEqual([]);
  }
});

test("a run is written as it was agreed", async () => {
  const rows = renderNdjson(buildView()).split("\n");
  await expect(rows.slice(0, 2).join("\n")).toMatchFileSnapshot("../golden/report-head.ndjson");
});

test("a missing figure is a missing key, never 0", () => {
  for (const row of rowsOf(renderNdjson(buildView({ blocks: 3 })))) {
    expect(row).not.toHaveProperty("absolute_low");
    expect(row).not.toHaveProperty("t_high");
  }
});
