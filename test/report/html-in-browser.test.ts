import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { figureOf, formatCount, formatLoss } from "../../src/report/format.ts";
import { renderHtml } from "./support/render.ts";
import { typeset } from "../../src/report/page/typeset.ts";
import { groupsOf, ledgerGroupsOf } from "../../src/report/select.ts";
import { hostileView } from "./support/hostile.ts";
import { openedOnce, withBrowser } from "./support/open-page.ts";
import { buildView, withTrials } from "./support/view-builder.ts";

const WIDE = { width: 1200, height: 900 };
const NARROW = { width: 380, height: 800 };

const open = withBrowser();
const openOnce = openedOnce(open);

const cellsOf = (page: Page, section: string): Promise<readonly string[]> =>
  page
    .locator(`#${section} td`)
    .evaluateAll((cells) => cells.map((cell) => (cell.textContent ?? "").replaceAll(/\s+/g, " ").trim()));

const spaced = (text: string): string => text.replaceAll(/\s+/g, " ");

test("it opens from a file with the network off, without a message and without asking for anything", async () => {
  const { page, messages, requests } = await open(await renderHtml(withTrials(buildView())));
  expect(await page.title()).toContain("bench-01");
  expect(messages).toEqual([]);
  expect(requests).toHaveLength(1);
  await page.context().close();
});

test("hostile names run nothing", async () => {
  const { page, messages, requests } = await open(await renderHtml(withTrials(hostileView())));
  expect(messages).toEqual([]);
  expect(requests).toHaveLength(1);
  expect(await page.locator("script").count()).toBe(1);
  expect(await page.locator("img").count()).toBe(0);
  await page.context().close();
});

describe("charts", () => {
  test("every chart is drawn: it has a size, marks of agents and a description", async () => {
    const view = buildView();
    const { page } = await openOnce(await renderHtml(withTrials(view)));
    const drawn = await page.locator("svg.chart").evaluateAll((charts) =>
      charts.map((chart) => ({
        label: chart.getAttribute("aria-label") ?? "",
        role: chart.getAttribute("role"),
        width: chart.getBoundingClientRect().width,
        marks: [...chart.querySelectorAll("[data-agent]")].filter(
          (mark) => mark.getBoundingClientRect().width > 0,
        ).length,
      })),
    );
    const groups = groupsOf(view).length;
    const offeredGroups = groupsOf(view).filter(({ load }) => load !== "closed").length;
    // Two for cost, one for CPU and one for latency in each group (two where a rate was offered: response and service time), three for memory, one for each ledger and for each known cost, the run over time,
    // and loss against rate where a rate was offered.
    const ledgers = ledgerGroupsOf(view);
    const offered = new Set(ledgers.filter(({ load }) => load !== "closed").map(({ scenario }) => scenario));
    expect(drawn).toHaveLength(
      groups * 4 + offeredGroups + 3 + ledgers.length + view.selfChecks.calibration.length + 1 + offered.size,
    );
    expect(
      drawn.filter(
        (chart) => chart.marks === 0 || chart.width < 300 || chart.role !== "img" || chart.label === "",
      ),
    ).toEqual([]);
  });

  test.each(["light", "dark"] as const)("axis text stands out from a %s page", async (colorScheme) => {
    const { page } = await open(await renderHtml(buildView()), { colorScheme });
    const [text, paper] = await page.evaluate<[string, string]>(
      '[getComputedStyle(document.querySelector("svg.chart text")).fill, getComputedStyle(document.body).backgroundColor]',
    );
    const luminance = (colour = ""): number => {
      const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const [darker = 0, lighter = 0] = [luminance(text), luminance(paper)].sort((left, right) => left - right);
    expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThan(7);
    await page.context().close();
  });

  test("an agent has one colour in the charts and beside its name", async () => {
    const { page } = await openOnce(await renderHtml(withTrials(buildView())));
    const [dot, mark] = await page.evaluate<[string, string]>(
      `[
        getComputedStyle([...document.querySelectorAll("#cost .agent")].find((one) => one.textContent === "auditd").querySelector(".dot")).backgroundColor,
        getComputedStyle(document.querySelector('#cost svg path[stroke="var(--agent-1)"]')).stroke,
      ]`,
    );
    expect(mark).toBe(dot);
  });
});

describe("tables", () => {
  test("hold every cost with value, unit, interval and n", async () => {
    const view = buildView();
    const { page } = await openOnce(await renderHtml(view));
    const cells = await cellsOf(page, "cost");
    for (const estimate of view.estimates.filter(
      (one) => one.metric === "workload-cpu" || one.metric === "wall",
    )) {
      const figure = figureOf(estimate.absolute, estimate.unit, { sign: true });
      expect(cells).toContain(spaced([figure.value, figure.unit, figure.range ?? ""].map(typeset).join(" ")));
    }
    expect(cells.filter((cell) => cell === "12").length).toBe(
      view.estimates.filter((one) => ["workload-cpu", "system-cpu", "wall"].includes(one.metric)).length,
    );
  });

  test("hold every ledger", async () => {
    const view = buildView();
    const { page } = await openOnce(await renderHtml(view));
    const cells = await cellsOf(page, "events");
    for (const row of view.ledger) {
      expect(cells).toContain(spaced(formatCount(row.delivered)));
      expect(cells).toContain(spaced(typeset(formatLoss(row.lossRate))));
    }
  });

  test("have a caption, and a scope on every header", async () => {
    const { page } = await openOnce(await renderHtml(buildView()));
    expect(await page.locator("table").count()).toBeGreaterThan(10);
    expect(await page.locator("table:not(:has(caption))").count()).toBe(0);
    expect(await page.locator("th:not([scope])").count()).toBe(0);
  });
});

test.each([
  ["narrow", NARROW],
  ["wide", WIDE],
])("on a %s screen the page itself does not scroll sideways", async (_, viewport) => {
  const { page } = await open(await renderHtml(withTrials(buildView())), { viewport });
  const [content, screen] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  expect(content).toBe(screen);
  await page.context().close();
});

test("on paper the page is light and without navigation", async () => {
  const { page } = await open(await renderHtml(buildView()), { colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor")).toBe(
    "rgb(255, 255, 255)",
  );
  expect(await page.locator("nav").isVisible()).toBe(false);
  await page.context().close();
});
