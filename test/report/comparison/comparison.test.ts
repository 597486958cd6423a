import { describe, expect, test } from "vitest";
import { compare } from "../../../src/analyse/compare/compare.ts";
import { diffRecords } from "../../../src/analyse/compare/diff.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { Comparison } from "../../../src/domain/comparison.ts";
import { renderComparisonCsv } from "../../../src/report/comparison/csv.ts";
import { renderComparisonMarkdown } from "../../../src/report/comparison/text.ts";
import { renderComparisonHtml } from "../../../src/report/comparison/page.ts";
import { renderComparisonTerminal } from "../../../src/report/comparison/text.ts";
import { renderDiffMarkdown, renderDiffTerminal } from "../../../src/report/diff/text.ts";
import { sideOf } from "../../analyse/support/sides.ts";
import type { SideSpec } from "../../analyse/support/sides.ts";
import { renderComparisonJson } from "../../../src/report/json.ts";
import { HOSTILE } from "../support/hostile.ts";

const MARK = "emulated: functional, no performance verdict";

const BUDGET: NonNullable<SideSpec["run"]> = {
  budgets: [
    { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 15 } },
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
  ],
};

const compared = (sides: readonly Loaded[]): Comparison => {
  const result = compare(sides);
  if (result.kind === "refused") throw new Error("refused");
  return result.comparison;
};

const two = (): readonly Loaded[] => [
  sideOf({ run: BUDGET, host: { arch: "x86_64", hostname: "amd64" } }),
  sideOf({
    run: BUDGET,
    host: { arch: "aarch64", hostname: "arm64", emulated: true },
    seed: 2,
    costNs: 4000,
  }),
];

const terminal = (comparison: Comparison, columns = 80): string =>
  renderComparisonTerminal(comparison, { columns, colour: false });

/** Our own script may well say "undefined". */
const figuresIn = (page: string): string => page.replace(/<script type="module">[^]*<\/script>/, "");

describe("two architectures", () => {
  test("are told as it was agreed", async () => {
    const comparison = compared(two());
    await expect(terminal(comparison)).toMatchFileSnapshot("../../golden/comparison-terminal.txt");
    await expect(renderComparisonMarkdown(comparison)).toMatchFileSnapshot("../../golden/comparison.md");
    await expect(renderComparisonCsv(comparison).split("\n").slice(0, 3).join("\n")).toMatchFileSnapshot(
      "../../golden/comparison-head.csv",
    );
  });

  test("an emulated one is marked in every output", async () => {
    const comparison = compared(two());
    for (const text of [
      terminal(comparison),
      renderComparisonMarkdown(comparison),
      renderComparisonCsv(comparison),
      renderComparisonJson(comparison),
      await renderComparisonHtml(comparison),
    ]) {
      expect(text.replaceAll(/\s+/g, " ")).toContain(MARK);
    }
  });

  test("every output names both, with what differs", async () => {
    const comparison = compared(two());
    for (const text of [
      terminal(comparison),
      renderComparisonMarkdown(comparison),
      await renderComparisonHtml(comparison),
    ]) {
      for (const word of ["x86", "aarch64", "architecture", "process-exec"]) expect(text).toContain(word);
    }
  });

  test("what could not run on this machine is said beside what ran in them", async () => {
    const comparison = compared(two());
    const here = [{ id: "probe", status: "skipped", reason: "it needs kprobes: there are none" }] as const;
    const told = "1 agent ran in each; not on this machine: probe (it needs kprobes).";
    expect(renderComparisonTerminal(comparison, { columns: 200, colour: false }, here)).toContain(told);
    expect(await renderComparisonHtml(comparison, [], here)).toContain(told);
  });

  test.each([40, 60, 80, 200])("fit a terminal of %d columns", (columns) => {
    const lines = terminal(compared(two()), columns).split("\n");
    expect(lines.filter((line) => line.length > Math.max(columns, 72))).toEqual([]);
  });
});

test("loads that are kept apart are said, with the key", async () => {
  const [first] = two();
  const other = sideOf({
    host: { arch: "aarch64" },
    run: { loads: [{ kind: "closed", batches: 9, batchOperations: 100, warmupOperations: 10 }] },
  });
  const comparison = compared(first === undefined ? [] : [first, other]);
  const told = "process-exec, closed: not put together, because load differs";
  expect(terminal(comparison, 200)).toContain(told);
  expect(renderComparisonMarkdown(comparison)).toContain(told);
  const page = await renderComparisonHtml(comparison);
  expect(page).toContain(told);
  expect(page).toContain("No figure can be put side by side.");
});

test("the page asks for nothing, runs one script, and hostile names stay text", async () => {
  const hostile = sideOf({
    host: { hostname: HOSTILE, arch: HOSTILE },
    header: { run: HOSTILE },
    run: BUDGET,
  });
  const page = await renderComparisonHtml(compared([...two(), hostile]), [
    [{ title: HOSTILE, text: HOSTILE }],
  ]);
  expect(page).not.toMatch(/<img|<link|<iframe/i);
  expect(page.match(/<script/gi)).toHaveLength(1);
  expect(page).toContain("default-src 'none'");
  expect(page.slice(0, page.indexOf("</head>")).match(/<\/title>/g)).toHaveLength(1);
  expect(figuresIn(page)).not.toMatch(/NaN|undefined|Infinity/);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("records without any figure give a page that says so", async () => {
  const empty = (): Loaded =>
    sideOf({
      run: {
        outcome: () => ({ kind: "failed", stage: "driver", message: "it broke", lastLines: [] }),
        blocks: 2,
      },
    });
  const page = await renderComparisonHtml(compared([empty(), empty()]));
  expect(page).toContain("No figure can be put side by side.");
  expect(page).toContain("No events were counted");
  expect(figuresIn(page)).not.toMatch(/NaN|undefined|Infinity/);
});

describe("a diff", () => {
  const before = sideOf({ run: BUDGET, costNs: 100, seed: 1 });
  const after = sideOf({
    run: BUDGET,
    costNs: 300,
    seed: 2,
    header: { startedAt: "2026-02-01T00:00:00.000Z" },
  });

  test("is told as it was agreed", async () => {
    const diffed = diffRecords(before, after, 1);
    if (diffed.kind === "refused") throw new Error("refused");
    await expect(renderDiffMarkdown(diffed.diff, { all: false })).toMatchFileSnapshot("../../golden/diff.md");
    await expect(
      renderDiffTerminal(diffed.diff, { columns: 80, colour: false, all: false }),
    ).toMatchFileSnapshot("../../golden/diff-terminal.txt");
  });
});
