/** Records of several nodes as every output tells them: the page, a terminal, Markdown and JSON hold the same facts. */
import { describe, expect, test } from "vitest";
import { compare } from "../../../src/analyse/compare/compare.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { Comparison } from "../../../src/domain/comparison.ts";
import { value } from "../../../src/domain/units.ts";
import type { ComparisonJson } from "../../../src/report/comparison-json.ts";
import { renderComparisonHtml } from "../../../src/report/comparison/page.ts";
import { renderComparisonMarkdown, renderComparisonTerminal } from "../../../src/report/comparison/text.ts";
import { renderComparisonJson } from "../../../src/report/json.ts";
import { sideOf, type SideSpec } from "../../analyse/support/sides.ts";
import { HOSTILE } from "../support/hostile.ts";

const run: NonNullable<SideSpec["run"]> = {
  budgets: [
    { scenario: "*", metric: "system-cpu", limit: { kind: "absolute", value: 200 } },
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
  ],
};

const nodes = (prefix: string, costs: readonly number[], host: SideSpec["host"] = {}): readonly Loaded[] =>
  costs.map((costNs, index) =>
    sideOf({ run, costNs, seed: index + 1, host: { hostname: `${prefix}${index + 1}`, ...host } }),
  );

const compared = (sides: readonly Loaded[]): Comparison => {
  const result = compare(sides);
  if (result.kind === "refused") throw new Error("refused");
  return result.comparison;
};

const fleet = (): Comparison =>
  compared([
    ...nodes("n", [100, 104, 97, 102, 99, 101]),
    sideOf({ run, costNs: 400, seed: 7, host: { hostname: "n7", governor: value("powersave") } }),
    ...nodes("arm", [60, 62], { arch: "aarch64" }),
    sideOf({ run, seed: 9, host: { hostname: "emulated", emulated: true } }),
    sideOf({ run, seed: 10, host: { hostname: "busy" }, header: { foreignSensors: ["falco (pid 7)"] } }),
  ]);

const terminal = (comparison: Comparison, columns = 250): string =>
  renderComparisonTerminal(comparison, { columns, colour: false });

const plain = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/[\u2212\u202f\u00a0\\*`]/g, (found) =>
      found === "\u2212" ? "-" : found === "\u202f" || found === "\u00a0" ? " " : "",
    )
    .replaceAll(/\s+/g, " ");

test("a fleet is told as it was agreed", async () => {
  await expect(renderComparisonMarkdown(fleet())).toMatchFileSnapshot("../../golden/fleet.md");
  await expect(terminal(fleet(), 80)).toMatchFileSnapshot("../../golden/fleet-terminal.txt");
});

describe("every output says", () => {
  test.each([
    "over on n7",
    "not within: 1 of 7 nodes, at most 52.1 % of such nodes",
    "2 nodes cannot tell of another one: 4 are needed",
    "n7 is outlying: probe, process-exec / exec",
    "governor is powersave",
    "its CPU was emulated",
    "other sensors ran from the start: falco (pid 7)",
    "Nodes that are judged: 7 of x86_64 and 2 of aarch64",
  ])("%s", async (said) => {
    const comparison = fleet();
    for (const text of [
      terminal(comparison),
      renderComparisonMarkdown(comparison),
      await renderComparisonHtml(comparison),
    ])
      expect(plain(text)).toContain(said);
  });

  test("the same in JSON, with the words beside the facts", () => {
    const { fleet: written } = JSON.parse(renderComparisonJson(fleet())) as ComparisonJson;
    expect(written.answers.map(({ words }) => words[0])).toEqual([
      "over on n7",
      "within, but 2 nodes cannot tell of another one: 4 are needed",
    ]);
    expect(written.nodes.map(({ why }) => why).filter((why) => why !== null)).toHaveLength(2);
  });
});

describe("what a fleet takes in a year", () => {
  test("is its mean cost at the rates that stand beside it: 400 execs a second on 100 nodes", () => {
    const { fleet: written } = JSON.parse(renderComparisonJson(fleet())) as ComparisonJson;
    expect(written.costInputs).toEqual([{ operation: "process-exec / exec", perSecond: 400 }]);
    const [cost] = written.costs;
    const mean = written.figures[0]?.fit?.mean;
    expect(cost?.nodes).toBe(100);
    expect(cost?.cores?.value).toBeCloseTo((100 * 400 * (mean?.value ?? 0)) / 1e9, 12);
    expect(cost?.cores?.high).toBeCloseTo((100 * 400 * (mean?.high ?? 0)) / 1e9, 12);
    expect(cost?.coreHoursAYear?.value).toBeCloseTo((cost?.cores?.value ?? 0) * 8760, 9);
  });

  test("has no interval from two nodes", () => {
    const { fleet: written } = JSON.parse(renderComparisonJson(fleet())) as ComparisonJson;
    expect(written.costs[1]?.cores).toMatchObject({ low: null, high: null });
  });
});

test("one or two nodes of a kind are never given an interval", () => {
  const text = terminal(compared(nodes("n", [100, 104])));
  expect(text).toContain("no interval from 2 nodes");
  expect(text).not.toMatch(/one more node -?[\d.]+ ns/);
});

test("two records of two kinds, or two of one node, are compared as before", () => {
  const [first, ...others] = [...nodes("n", [100]), ...nodes("arm", [100], { arch: "aarch64" })];
  const two = compared(first === undefined ? [] : [first, ...others]);
  expect(terminal(two)).not.toContain("Kinds of node");
  expect(terminal(compared(first === undefined ? [] : [first, first]))).not.toContain("Kinds of node");
});

test.each([40, 80, 120])("a fleet fits a terminal of %d columns", (columns) => {
  const lines = terminal(fleet(), columns).split("\n");
  expect(lines.filter((line) => line.length > Math.max(columns, 72))).toEqual([]);
});

test("the fleet's page begins with what decides, has no figure that is none, and hostile names stay text", async () => {
  const hostile = sideOf({ run, seed: 11, host: { hostname: HOSTILE, cpuModel: HOSTILE } });
  const page = await renderComparisonHtml(compared([...nodes("n", [100, 104, 97, 102, 400]), hostile]));
  expect(page).not.toMatch(/<img|<link|<iframe/i);
  expect(page.replace(/<script type="module">[^]*<\/script>/, "")).not.toMatch(/NaN|undefined|Infinity/);
  expect(page.indexOf('id="decision"')).toBeLessThan(page.indexOf('id="kinds"'));
  expect(page.indexOf('id="kinds"')).toBeLessThan(page.indexOf('id="records"'));
  expect(page.match(/>n5<\/text>/g)).toHaveLength(1);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
