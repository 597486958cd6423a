import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { WatchLine } from "../../src/domain/watch.ts";
import { renderHtml } from "../../src/report/html.ts";
import { summaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { SummaryJson } from "../../src/report/summary-json.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { textStrip } from "../../src/report/view/text-strip.ts";
import { watchedRecord, watchLine } from "../analyse/support/watch-lines.ts";

const BLOCKS = [0, 1, 2, 3];
const spiky = (second: number): number => (second % 10 === 4 ? 0.04 : 0.001);

const viewOf = (watches: readonly WatchLine[]) => analyse(watchedRecord(["a", "b"], watches));

const REST = viewOf(
  BLOCKS.flatMap((block) => [
    watchLine({ block, agent: "a", cores: spiky, nodeCores: 0.021 + block / 1000 }),
    watchLine({ block, agent: "baseline", nodeCores: 0.02 + block / 1000 }),
  ]),
);
const CHURN = viewOf([
  watchLine({ agent: "b", mebibytes: (second) => (second < 60 ? 10 + second / 6 : 20) }),
]);

describe("at rest", () => {
  test("is told on a terminal with a strip of characters and its rhythm", () => {
    const text = renderTerminal(REST, { columns: 200, colour: false });
    expect(text).toContain("At rest");
    expect(text).toMatch(/▂▂▂▂█▂▂▂▂▂/);
    expect(text).toContain("every 10 s, 40.0 mCPU in that second");
  });

  test("on a node that is busy by itself is told to be no rest", () => {
    const busy = viewOf([watchLine({ agent: "baseline", nodeCores: 1.2 }), watchLine({ agent: "a" })]);
    const text = renderMarkdown(busy).replaceAll("\u202f", "");
    expect(text).toContain("this node was not at rest: without any agent it took 1200 mCPU of its 2000");
    expect(renderMarkdown(REST)).not.toContain("not at rest");
  });

  test("is judged by all CPUs of the node, where the run could use few of them", () => {
    const lines = [watchLine({ agent: "baseline", nodeCores: 1.2 }), watchLine({ agent: "a" })];
    const few = viewOf(lines);
    const onNode = (online: string) =>
      renderMarkdown({ ...few, host: { ...few.host, onlineCpus: value(online) } }).replaceAll("\u202f", "");
    expect(onNode("0-15,32-47")).not.toContain("not at rest");
    expect(onNode("0,4,8,12")).toContain("it took 1200 mCPU of its 4000");
    // A container that is shown fewer than it may use.
    expect(onNode("0")).toContain("it took 1200 mCPU of its 2000");
  });

  test("is a table in Markdown, with events a day", () => {
    const text = renderMarkdown(REST);
    expect(text).toContain("### At rest");
    expect(text.replaceAll("\u202f", "")).toMatch(/\| a \|.*43200 \|/);
  });

  test("is a strip of cells on a page, one a second of each agent", async () => {
    const page = await renderHtml(REST, { evidence: [], downloads: [] });
    expect(page).toContain('id="at-rest"');
    expect(page.match(/<title>a, second \d+: /g)).toHaveLength(60);
    expect(page.match(/<title>baseline, second \d+: /g)).toHaveLength(60);
  });

  test("fits the schema of the summary", () => {
    const summary = summaryJson(REST);
    expect(SummaryJson.safeParse(summary).error).toBeUndefined();
    expect(summary.watched?.atRest).toHaveLength(2);
  });
});

describe("churn", () => {
  test("is told with growth and that memory is not back", () => {
    const text = renderMarkdown(CHURN);
    expect(text).toContain("While processes and files come and go");
    expect(text).toContain("not within 1 min");
    expect(text).toMatch(/\+10\.0/);
  });

  test.each([
    [value(4688), "b: it lost 4688 by its own counter"],
    [
      missing("audit belongs to nobody any more"),
      "b: what it lost is not known: audit belongs to nobody any more",
    ],
    [value(0), undefined],
  ])("says what was lost of what it would have had to remember: %j", (declaredLost, expected) => {
    const text = renderMarkdown(
      viewOf([watchLine({ agent: "b", mebibytes: () => 20, change: { declaredLost } })]),
    );
    const lines = text.replaceAll("\u202f", "").split("\n");
    expect(lines.find((line) => /^- b: .*\blost\b/.test(line))?.replace(/^- /, "")).toBe(expected);
  });

  test("is a curve on a page", async () => {
    const page = await renderHtml(CHURN, { evidence: [], downloads: [] });
    expect(page).toContain('id="churn"');
    expect(page).toMatch(/<path data-agent="b"/);
  });
});

test("a run in which nothing was watched tells nothing of it", () => {
  const none = viewOf([]);
  expect(summaryJson(none)).not.toHaveProperty("watched");
  expect(renderMarkdown(none)).not.toContain("At rest");
});

test.each([
  [[0, 1], 1, "▁█"],
  [[null, 0.25], 1, "·▅"],
  [[0, 0], 0, "▁▁"],
  [Array.from({ length: 120 }, (_, second) => (second === 1 ? 1 : 0)), 1, `█${"▁".repeat(59)}`],
])("a strip of %j up to %d is %s", (strip, most, text) => {
  expect(textStrip(strip, most)).toBe(text);
});
