/** The page without a script, on paper, on a narrow screen, and for a screen reader, in a real browser. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderHtml } from "./support/render.ts";
import { hostileView } from "./support/hostile.ts";
import { withBrowser } from "./support/open-page.ts";
import { buildView, withTrials } from "./support/view-builder.ts";

import { joint, report, unfold } from "./support/pages.ts";

const open = withBrowser();

test("without a script every chart and figure is there, and nothing that would need one", async () => {
  const { page } = await open(await report(), { javaScriptEnabled: false });
  expect(await page.locator("svg.chart").count()).toBeGreaterThan(10);
  expect(await page.locator("svg.chart path[data-agent] title").count()).toBeGreaterThan(100);
  expect(await page.locator(".toggles, form.fleet").filter({ visible: true }).count()).toBe(0);
  expect(await page.locator('#fleet [data-figure="cores"]').first().textContent()).toMatch(/^[\d.]+/);
  await page.context().close();
});

test.each<[string, () => Promise<string>]>([
  ["a report", report],
  ["a hostile one", () => renderHtml(withTrials(hostileView()))],
  ["several records", joint],
])("%s prints to a PDF of several pages, light and without what only a screen can use", async (_, make) => {
  const { page, messages } = await open(await make(), { colorScheme: "dark" });
  const pdf = await page.pdf({ format: "A4", printBackground: true });
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  expect(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0).toBeGreaterThan(2);
  await page.emulateMedia({ media: "print" });
  expect(await page.locator("nav, .toggles, form.fleet").filter({ visible: true }).count()).toBe(0);
  expect(messages).toEqual([]);
  await page.context().close();
});

/** Nine agents under test: a column each in the table of verdicts. */
const crowded = (): Promise<string> => {
  const view = buildView();
  const more = ["sensor", "auditd", "bpftrace", "execsnoop"];
  const doubled = <T>(items: readonly T[], idOf: (item: T) => string, rename: (item: T, id: string) => T) => [
    ...items,
    ...items
      .filter((item) => more.includes(idOf(item)))
      .map((item) => rename(item, `${idOf(item)}@everything`)),
  ];
  const ofAgent = <T extends { readonly agent: string }>(items: readonly T[]): readonly T[] =>
    doubled(
      items,
      ({ agent }) => agent,
      (item, agent) => ({ ...item, agent }),
    );
  return renderHtml({
    ...view,
    agents: doubled(
      view.agents,
      ({ id }) => id,
      (item, id) => ({ ...item, id }),
    ),
    estimates: ofAgent(view.estimates),
    ledger: ofAgent(view.ledger),
    verdicts: ofAgent(view.verdicts),
  });
};

test.each<[string, () => Promise<string>]>([
  ["a report", report],
  ["a report of nine agents", crowded],
  ["several records", joint],
])("on A4 paper, nothing of %s is cut off at the right", async (_, make) => {
  // 210 mm less Chromium's margins of 1 cm, at 96 pixels an inch.
  const paper = { width: 718, height: 1040 };
  const { page } = await open(await make(), { viewport: paper });
  await unfold(page);
  await page.emulateMedia({ media: "print" });
  const beyond = await page
    .locator("table, svg.chart, dl")
    .evaluateAll(
      (all, width) =>
        all
          .filter((one) => one.getBoundingClientRect().right > width + 1)
          .map((one) => one.querySelector("caption")?.textContent.trim() ?? one.tagName),
      paper.width,
    );
  expect(beyond).toEqual([]);
  await page.context().close();
});

const pagesOf = async (page: Page): Promise<number> =>
  (await page.pdf({ format: "A4", printBackground: true })).toString("latin1").match(/\/Type\s*\/Page\b/g)
    ?.length ?? 0;

test("on paper a report of many operations leaves out what is folded, says so, and holds what a reader opened", async () => {
  const { page } = await open(await report());
  const folded = await page.locator("#cost details").count();
  expect(folded).toBeGreaterThan(5);
  expect(await page.getByText("Printed without what is folded").isVisible()).toBe(false);
  expect(await pagesOf(page)).toBeLessThanOrEqual(20);
  await page.locator("#cost summary").first().click();
  await page.emulateMedia({ media: "print" });
  expect(await page.getByText("Printed without what is folded").isVisible()).toBe(true);
  expect(await page.locator("#cost table").filter({ visible: true }).count()).toBe(1);
  expect(await page.locator("summary").filter({ visible: true }).count()).toBe(1);
  expect(await page.locator("#cost svg.chart").filter({ visible: true }).count()).toBe(2 * folded);
  await page.context().close();
});

describe("on a screen of 400 pixels", () => {
  const narrow = { width: 400, height: 800 };

  test("captions end at its right edge, and rows keep their header while a table scrolls", async () => {
    const { page } = await open(await crowded(), { viewport: narrow });
    await unfold(page);
    const scrolled = await page.locator(".scroll:has(table)").evaluateAll((boxes) =>
      boxes
        .filter((box) => box.scrollWidth > box.clientWidth + 40)
        .map((box) => {
          box.scrollLeft = 40;
          const frame = box.getBoundingClientRect();
          const caption = box.querySelector("caption span")?.getBoundingClientRect();
          const header = box.querySelector("tbody th")?.getBoundingClientRect();
          return {
            caption:
              caption !== undefined && caption.left >= frame.left - 1 && caption.right <= frame.right + 1,
            header: header !== undefined && Math.abs(header.left - frame.left) <= 1,
          };
        }),
    );
    expect(scrolled.length).toBeGreaterThan(5);
    expect(scrolled.filter(({ caption, header }) => !caption || !header)).toEqual([]);
    await page.context().close();
  });

  test("a chart fits, or scrolls in a box of its own that a keyboard reaches", async () => {
    const { page } = await open(await report(), { viewport: narrow });
    const beyond = await page
      .locator("svg.chart")
      .evaluateAll(
        (charts, width) =>
          charts
            .filter((chart) => chart.getBoundingClientRect().right > width)
            .map((chart) => chart.closest(".scroll[tabindex='0']") !== null),
        narrow.width,
      );
    expect(beyond.length).toBeGreaterThan(0);
    expect(beyond.filter((isReached) => !isReached)).toEqual([]);
    await page.context().close();
  });
});

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly at: readonly string[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("axe-core finds no serious fault in", () => {
  const pages: readonly (readonly [string, () => Promise<string>])[] = [
    ["a report", report],
    ["an emulated one", () => renderHtml(withTrials(buildView({ emulated: true, blocks: 3 })))],
    ["one without any figure", () => renderHtml(emptySummary())],
    ["several records", joint],
  ];
  const audited = async (page: Page, options: object): Promise<readonly Finding[]> => {
    const { found, passed } = await page.evaluate<{
      readonly found: readonly Finding[];
      readonly passed: number;
    }>(
      `axe.run(document, ${JSON.stringify(options)}).then(({ violations, passes }) => ({
        passed: passes.length,
        found: violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) })),
      }))`,
    );
    expect(passed).toBeGreaterThan("runOnly" in options ? 0 : 15);
    return found.filter(({ impact }) => impact === "serious" || impact === "critical");
  };

  test.each(pages)("%s, light or dark", async (_, make) => {
    const { page } = await open(await make(), { colorScheme: "light" });
    await unfold(page);
    await page.evaluate(axe);
    expect(await audited(page, {})).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    // Nothing but colours is different.
    expect(await audited(page, { runOnly: ["color-contrast"] })).toEqual([]);
    await page.context().close();
  });
});

const emptySummary = (): RunView => ({
  ...buildView(),
  agents: [],
  estimates: [],
  ledger: [],
  verdicts: [],
  coverage: [],
});
