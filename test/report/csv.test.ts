import { expect, test } from "vitest";
import { renderCsv } from "../../src/report/csv.ts";
import { HOSTILE, hostileView } from "./support/hostile.ts";
import { buildView } from "./support/view-builder.ts";

/** RFC 4180, written out on purpose: the reader must not share a fault with the writer. */
const parse = (text: string): readonly (readonly string[])[] => {
  const rows: string[][] = [[]];
  for (const [, quoted, bare = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\n]*))(,|\n)/g)) {
    rows.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
};

const tableOf = (text: string): readonly Readonly<Record<string, string>>[] => {
  const [header = [], ...rows] = parse(text);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ""])));
};

test("there is one row an estimate, with every figure unrounded", () => {
  const view = buildView();
  const rows = tableOf(renderCsv(view));
  expect(rows).toHaveLength(view.estimates.length);
  view.estimates.forEach((estimate, index) => {
    expect(rows[index]).toMatchObject({
      agent: estimate.agent,
      operation: estimate.operation,
      metric: estimate.metric,
      unit: estimate.unit,
      absolute: String(estimate.absolute.value),
      absolute_low: String(estimate.absolute.low),
      ratio: estimate.ratio === null ? "" : String(estimate.ratio.value),
      blocks: String(estimate.blocks),
    });
  });
});

test("a negative figure stays a number", () => {
  const negative = tableOf(renderCsv(buildView())).filter((row) => row["absolute_low"]?.startsWith("-"));
  expect(negative.length).toBeGreaterThan(0);
});

test("a missing figure is an empty cell, never 0", () => {
  const rows = tableOf(renderCsv(buildView({ blocks: 3 })));
  expect(
    new Set(rows.map((row) => `${row["absolute_low"]}${row["standard_error"]}${row["ratio_upper_95"]}`)),
  ).toEqual(new Set([""]));
});

test.each(["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])(
  "text that begins with %j cannot become a formula",
  (sign) => {
    const [estimate] = buildView().estimates;
    if (estimate === undefined) throw new Error("the builder makes estimates");
    const view = {
      ...buildView(),
      estimates: [{ ...estimate, agent: `${sign}cmd` }],
    };
    const text = renderCsv(view);
    expect(text).toContain(`'${sign}cmd`);
  },
);

test("quotes, commas and line breaks survive", () => {
  const agents = tableOf(renderCsv(hostileView())).map((row) => row["agent"]);
  expect(agents).toContain(`'${HOSTILE.replaceAll("\u001b", "\ufffd")}`);
});

test("a run is written as it was agreed", async () => {
  await expect(renderCsv(buildView()).split("\n").slice(0, 20).join("\n")).toMatchFileSnapshot(
    "../golden/report-head.csv",
  );
});
