import { expect, test } from "vitest";
import { figureOf, scaleOf } from "../../src/report/format.ts";
import { plain, renderMarkdown } from "../../src/report/markdown.ts";
import { groupsOf } from "../../src/report/select.ts";
import { hostileView } from "./support/hostile.ts";
import { buildView, withCalibration } from "./support/view-builder.ts";
import { AA_FAILURE } from "../support/check-failure.ts";

test("a run is told as it was agreed", async () => {
  await expect(renderMarkdown(buildView())).toMatchFileSnapshot("../golden/report.md");
});

test("every headline cost stands with its interval, in the unit of its column, and with its n", () => {
  const view = buildView();
  const text = renderMarkdown(view);
  for (const group of groupsOf(view)) {
    const costs = group.estimates.filter(({ metric }) => metric === "workload-cpu");
    const scale = scaleOf(
      "ns/op",
      costs.map(({ absolute }) => absolute.value),
    );
    for (const { agent, absolute, blocks } of costs) {
      const { value, range } = figureOf(absolute, "ns/op", { sign: true, scale });
      const figure = plain(`${value} ${range ?? ""}`);
      const rows = text.split("\n").filter((line) => line.startsWith(`| ${agent} | ${figure} |`));
      expect(rows.map((row) => row.endsWith(`| ${blocks} |`))).toContain(true);
    }
    expect(text).toContain(`| workload CPU, ${scale.name} |`);
  }
});

test("a figure without an interval says that it is exploratory", () => {
  expect(renderMarkdown(buildView({ blocks: 3 }))).toContain(String.raw`\~ exploratory: too few blocks`);
});

test("foreign text cannot become markup, HTML, a mention or a further table cell", () => {
  const text = renderMarkdown(hostileView());
  expect(text).not.toContain("<script>");
  expect(text).not.toContain("<img");
  expect(text).not.toMatch(/(^|[^\\])\*\*bold/);
  expect(text).not.toMatch(/\s@someone/);
  expect(text).not.toContain("](https://");
  const bars = (line: string): number => line.match(/(?<!\\)\|/g)?.length ?? 0;
  const tables = text.split("\n\n").filter((block) => block.startsWith("| "));
  expect(tables.length).toBeGreaterThan(5);
  const uneven = tables.filter((table) => new Set(table.split("\n").map(bars)).size > 1);
  expect(uneven).toEqual([]);
});

test("emulation comes first", () => {
  expect(renderMarkdown(buildView({ emulated: true })).split("\n")[4]).toBe(
    "> **emulated: functional, no performance verdict**",
  );
});

test("the self-checks are told one by one, and a failure first", () => {
  const view = buildView();
  expect(renderMarkdown(view)).toContain("| A/A | **passed** | 6 of 6 comparisons");
  const failed = { ...view, selfChecks: { ...view.selfChecks, failures: [AA_FAILURE] } };
  expect(renderMarkdown(failed)).toMatch(
    /> \*\*No verdict on cost: A\/A: the second baseline[^\n]*\n\n\| check/,
  );
});

test("calibration agents stand in no table of sensors", () => {
  expect(renderMarkdown(withCalibration(buildView()))).toBe(renderMarkdown(buildView()));
});
