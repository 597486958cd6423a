import { expect, test } from "vitest";
import { formatCost } from "../../src/report/format.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { hostileSummary } from "./support/hostile.ts";
import { buildSummary, withCalibration } from "./support/summary-builder.ts";

test("a run is told as it was agreed", async () => {
  await expect(renderMarkdown(buildSummary())).toMatchFileSnapshot("../golden/report.md");
});

test("every headline cost stands with its unit, interval and n", () => {
  const summary = buildSummary();
  const text = renderMarkdown(summary);
  for (const estimate of summary.estimates.filter((one) => one.metric === "workload-cpu")) {
    const figure = formatCost(estimate.absolute, estimate.unit)
      .replace("[", String.raw`\[`)
      .replace("]", String.raw`\]`);
    expect(text).toContain(figure);
  }
  expect(text).toContain("n=12");
});

test("a figure without an interval says that it is exploratory", () => {
  expect(renderMarkdown(buildSummary({ blocks: 3 }))).toContain("n=3 exploratory");
});

test("foreign text cannot become markup, HTML, a mention or a further table cell", () => {
  const text = renderMarkdown(hostileSummary());
  expect(text).not.toContain("<script>");
  expect(text).not.toContain("<img");
  expect(text).not.toMatch(/(^|[^\\])\*\*bold/);
  expect(text).not.toMatch(/\s@someone/);
  expect(text).not.toContain("](https://");
  const tables = text.split("\n").filter((line) => line.startsWith("| "));
  const cells = tables.map((line) => line.match(/(?<!\\)\|/g)?.length ?? 0);
  expect([...new Set(cells)].sort((left, right) => left - right)).toEqual([6, 8]);
});

test("emulation comes first", () => {
  expect(renderMarkdown(buildSummary({ emulated: true })).split("\n")[2]).toBe(
    "> **emulated: functional, no performance verdict**",
  );
});

test("trust in the instrument is told check by check, and a failure first", () => {
  const summary = buildSummary();
  expect(renderMarkdown(summary)).toContain("- A/A: **passed**, 1 of 6 comparisons");
  const failed = { ...summary, trust: { ...summary.trust, failures: ["A/A: too many"] } };
  expect(renderMarkdown(failed)).toContain("- **no verdict on cost**: A/A: too many\n- A/A:");
});

test("calibration agents stand in no table of sensors", () => {
  expect(renderMarkdown(withCalibration(buildSummary()))).toBe(renderMarkdown(buildSummary()));
});
