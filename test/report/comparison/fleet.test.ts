/** Records of several nodes as every output tells them: the page, a terminal, Markdown and JSON hold the same facts. */
import { describe, expect, test } from "vitest";
import { compare } from "../../../src/analyse/compare/compare.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { BenchFile } from "../../../src/domain/bench-file.ts";
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

describe("nodes of a cluster that were not measured", () => {
  const KINDS = ["m7g.xlarge, arm64, 6.1, Example", "m7i.xlarge, amd64, 6.1, Example", "p5, amd64, 6.1, Old"];
  const benchOf = (changes: Partial<BenchFile> = {}): BenchFile => ({
    tare: "bench",
    schema: 1,
    bench: "b1",
    seed: 7,
    kinds: KINDS.map((name, kind) => ({
      name,
      nodes: [20, 3, 2][kind] ?? 0,
      fit: [18, 3, 0][kind] ?? 0,
      drawn: [3, 1, 0][kind] ?? 0,
    })),
    drawn: [
      ...["n1", "n2", "n3"].map((node) => ({ node, kind: 0, why: null })),
      { node: "x1", kind: 1, why: "not begun: ImagePullBackOff" },
    ],
    leftOut: [
      { kind: 0, why: null, count: 15, nodes: Array.from({ length: 15 }, (_, index) => `spare-${index}`) },
      { kind: 0, why: "the node is cordoned", count: 2, nodes: ["c1", "c2"] },
      { kind: 1, why: null, count: 2, nodes: [] },
      { kind: 2, why: "daemonset:kube-system/tetragon has no pod here", count: 2, nodes: ["p1", "p2"] },
    ],
    ...changes,
  });
  const withBench = (bench: BenchFile, sides = nodes("n", [100, 104, 97])): Comparison => {
    const result = compare(sides, [], [bench]);
    if (result.kind === "refused") throw new Error("refused");
    return result.comparison;
  };

  test.each([
    "x1 1 m7i.xlarge, amd64, 6.1, Example drawn, and no record of it is here: not begun: ImagePullBackOff",
    "c1, c2 2 m7g.xlarge, arm64, 6.1, Example the node is cordoned",
    "p1, p2 2 p5, amd64, 6.1, Old daemonset:kube-system/tetragon has no pod here",
    "spare-10, 4 more 15 m7g.xlarge, arm64, 6.1, Example nothing is in the way, and the draw did not fall on it (seed 7)",
    "p5, amd64, 6.1, Old 2 0 0 none",
    "Of the 3 kinds of node in the cluster (bench b1), no node was measured of 2: m7i.xlarge, amd64, 6.1, Example (3 nodes); p5, amd64, 6.1, Old (2 nodes).",
  ])("%s", async (sentence) => {
    const comparison = withBench(benchOf());
    expect(plain(await renderComparisonHtml(comparison))).toContain(sentence);
    expect(plain(renderComparisonMarkdown(comparison)).replaceAll(/ ?\| ?/g, " ")).toContain(sentence);
  });

  test("are in the JSON, with the nodes that were drawn and left no record", () => {
    const { fleet: written } = JSON.parse(renderComparisonJson(withBench(benchOf()))) as ComparisonJson;
    expect(written.benches).toMatchObject([
      { bench: "b1", missing: [{ node: "x1", why: "not begun: ImagePullBackOff" }] },
    ]);
  });

  test("are told for two records of two kinds, too, and a terminal names the kinds", () => {
    const two = [...nodes("n", [100]), ...nodes("arm", [60], { arch: "aarch64" })];
    const comparison = withBench(
      benchOf({
        drawn: [
          { node: "n1", kind: 0, why: null },
          { node: "arm1", kind: 1, why: null },
        ],
      }),
      two,
    );
    expect(plain(terminal(comparison))).toContain(
      "no node was measured of one: p5, amd64, 6.1, Old (2 nodes)",
    );
  });

  test("of a bench of which no record is here are nobody's", () => {
    const other = benchOf({ drawn: [{ node: "elsewhere", kind: 0, why: null }] });
    expect(withBench(other).fleet.benches).toEqual([]);
  });

  test("what a cluster calls its nodes is text", async () => {
    const hostile = benchOf({ leftOut: [{ kind: 0, why: HOSTILE, count: 1, nodes: [HOSTILE] }] });
    expect(await renderComparisonHtml(withBench(hostile))).not.toContain("<script>alert");
  });
});
