/** Axes follow the agents that a reader shows, in the real browser: rows close up, the ends move, the figures at the marks stay. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { compare } from "../../src/analyse/compare/compare.ts";
import { renderComparisonHtml } from "../../src/report/comparison/page.ts";
import { renderHtml } from "../../src/report/html.ts";
import { sideOf } from "../analyse/support/sides.ts";
import { withBrowser } from "./support/open-page.ts";
import { buildLines, buildSummary } from "./support/summary-builder.ts";

const open = withBrowser();
const page = renderHtml(buildSummary(), buildLines());

const COSTLIEST = "auditd";
const OTHERS = ["auditd", "bpftrace", "execsnoop", "opensnoop"];

const hide = async (on: Page, agents: readonly string[]): Promise<void> => {
  for (const agent of agents) await on.getByLabel(agent, { exact: true }).uncheck();
};
const show = async (on: Page, agents: readonly string[]): Promise<void> => {
  for (const agent of agents) await on.getByLabel(agent, { exact: true }).check();
};

/** Drawn tick labels of one axis of a section's first chart, as numbers where they are. */
const ticksOf = (on: Page, chart: string, axis: "x" | "y"): Promise<readonly string[]> =>
  on
    .locator(`${chart} >> .mark-text.role-axis-label.${axis}-axis > text`)
    .filter({ visible: true })
    .allTextContents();

const largest = (ticks: readonly string[]): number =>
  Math.max(...ticks.map((text) => Number(text.replaceAll("\u202f", "").replace("\u2212", "-"))));

const drawing = (on: Page): Promise<string> =>
  on.evaluate<string>(
    `[...document.querySelectorAll("svg.chart")].map((one) => one.outerHTML.replaceAll(' class=""', "")).join("")`,
  );

/** Where marks lie beyond their chart, or are no numbers. */
const astray = (on: Page): Promise<readonly string[]> =>
  on.evaluate<readonly string[]>(`[...document.querySelectorAll("svg.chart")].flatMap((chart) => {
    const frame = chart.getBoundingClientRect();
    return [...chart.querySelectorAll("[data-agent]")].flatMap((mark) => {
      const box = mark.getBoundingClientRect();
      if (getComputedStyle(mark).display === "none" || frame.width === 0) return [];
      const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
      return inside && !/NaN|Infinity/.test(mark.outerHTML) ? [] : [chart.getAttribute("aria-label") + ": " + mark.outerHTML];
    });
  })`);

describe("without the costliest agent", () => {
  test("the axis of a cost ends earlier, its row is gone, and the chart is lower", async () => {
    const { page: tab, messages } = await open(await page);
    const chart = "#cost svg >> nth=0";
    const before = {
      end: largest(await ticksOf(tab, chart, "x")),
      box: await tab.locator(chart).boundingBox(),
    };
    expect(await ticksOf(tab, chart, "y")).toContain("auditdn = 12");
    await hide(tab, [COSTLIEST]);
    const after = {
      end: largest(await ticksOf(tab, chart, "x")),
      box: await tab.locator(chart).boundingBox(),
    };
    expect(after.end).toBeLessThan(before.end / 2);
    expect(await ticksOf(tab, chart, "y")).not.toContain("auditdn = 12");
    expect(await ticksOf(tab, chart, "y")).toHaveLength(4);
    expect(after.box?.height).toBeLessThan(before.box?.height ?? 0);
    expect(messages).toEqual([]);
    await tab.context().close();
  });

  test("the axis says where each mark stands: a mark's place read off the ticks is its figure", async () => {
    const summary = buildSummary();
    const { page: tab } = await open(await page);
    await hide(
      tab,
      OTHERS.filter((agent) => agent !== "execsnoop"),
    );
    const read = await tab.evaluate<readonly (readonly [string, number])[]>(`(() => {
      const chart = document.querySelector("#cost svg.chart");
      const xOf = (element) => Number(/translate\\(([-\\d.e]+)/.exec(element.getAttribute("transform"))[1]);
      const ticks = [...chart.querySelectorAll(".mark-text.x-axis text.new-tick")]
        .filter((tick) => tick.textContent !== "")
        .map((tick) => [xOf(tick), Number(tick.textContent.replaceAll("\\u202f", "").replace("\\u2212", "-"))]);
      const [[x0, v0], [x1, v1]] = [ticks[0], ticks.at(-1)];
      return [...chart.querySelectorAll(".mark-symbol path:not(.off)")]
        .map((mark) => [mark.dataset.agent, v0 + ((xOf(mark) - x0) / (x1 - x0)) * (v1 - v0)]);
    })()`);
    const [first] = summary.estimates;
    const truth = (agent: string): number =>
      summary.estimates.find(
        (one) =>
          one.agent === agent &&
          one.metric === "workload-cpu" &&
          one.scenario === first?.scenario &&
          one.load === first.load,
      )?.absolute.value ?? Number.NaN;
    expect(read.map(([agent]) => agent)).toEqual(["sensor", "execsnoop"]);
    for (const [agent, at] of read) expect(at * 1000).toBeCloseTo(truth(agent), 0);
    await tab.context().close();
  });

  test.each([
    ["the bars of CPU time", "#cpu svg >> nth=0", "x"],
    ["the curves of latency", "#latency svg >> nth=2", "y"],
    ["memory", "#memory svg >> nth=0", "x"],
  ] as const)("%s fill their plot again", async (_, chart, axis) => {
    const { page: tab } = await open(await page);
    const before = await ticksOf(tab, chart, axis);
    await hide(tab, OTHERS);
    const after = await ticksOf(tab, chart, axis);
    expect(after.length).toBeGreaterThan(1);
    expect(after).not.toEqual(before);
    await tab.context().close();
  });

  test("an axis of shares keeps its ends, and only closes up", async () => {
    const { page: tab } = await open(await page);
    const chart = "#events svg >> nth=0";
    const before = await ticksOf(tab, chart, "x");
    await hide(tab, [COSTLIEST]);
    expect(await ticksOf(tab, chart, "x")).toEqual(before);
    expect(await ticksOf(tab, chart, "y")).toHaveLength(3);
    await tab.context().close();
  });
});

test("no mark of any chart leaves its plot, whoever is hidden, and with all shown each chart is as it was", async () => {
  const { page: tab, messages } = await open(await page);
  const before = await drawing(tab);
  for (const one of OTHERS) {
    await hide(tab, [one]);
    expect(await astray(tab)).toEqual([]);
  }
  expect(await drawing(tab)).not.toBe(before);
  await show(tab, OTHERS);
  expect(await drawing(tab)).toBe(before);
  expect(messages).toEqual([]);
  await tab.context().close();
});

test("with every agent of a chart hidden, the chart goes as a whole", async () => {
  const { page: tab } = await open(await page);
  await hide(tab, [...OTHERS, "sensor"]);
  expect(await tab.locator("#cost svg.chart").filter({ visible: true }).count()).toBe(0);
  expect(await tab.locator("#trust svg.chart").filter({ visible: true }).count()).toBe(1);
  expect(await tab.locator("#latency svg.chart").filter({ visible: true }).count()).toBeGreaterThan(0);
  await tab.context().close();
});

test("several records side by side follow too, with names and medians of records", async () => {
  const compared = compare([
    sideOf({ host: { arch: "x86_64" }, run: { agents: ["probe", "other"] } }),
    ...[1, 2, 3, 4].map((seed) =>
      sideOf({
        host: { arch: "aarch64", hostname: `n${seed}` },
        run: { agents: ["probe", "other"] },
        seed,
        costNs: seed === 4 ? 5000 : 100,
      }),
    ),
  ]);
  if (compared.kind === "refused") throw new Error("refused");
  const { page: tab, messages } = await open(await renderComparisonHtml(compared.comparison));
  const agents = await tab
    .locator(".toggles input")
    .evaluateAll((boxes) => boxes.map((box) => box.getAttribute("value") ?? ""));
  const before = await drawing(tab);
  expect(agents.length).toBeGreaterThan(1);
  await hide(tab, agents.slice(0, 1));
  expect(await astray(tab)).toEqual([]);
  expect(
    await tab
      .locator(`svg.chart [data-agent="${agents[0] ?? ""}"]`)
      .filter({ visible: true })
      .count(),
  ).toBe(0);
  await show(tab, agents.slice(0, 1));
  expect(await drawing(tab)).toBe(before);
  expect(messages).toEqual([]);
  await tab.context().close();
});
