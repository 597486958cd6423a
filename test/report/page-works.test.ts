/** What a reader can do with the page, in a real browser: point, hide, work out a fleet, take data away, print, read it aloud. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { compare } from "../../src/analyse/compare/compare.ts";
import type { BackpressureRow } from "../../src/domain/backpressure.ts";
import type { Note } from "../../src/domain/reason.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderComparisonHtml } from "../../src/report/comparison/page.ts";
import { fleetText } from "../../src/report/page/client.js";
import { renderHtml } from "./support/render.ts";
import { sideOf } from "../analyse/support/sides.ts";
import { hostileView } from "./support/hostile.ts";
import { withBrowser } from "./support/open-page.ts";
import { buildView, withTrials } from "./support/view-builder.ts";

const open = withBrowser();
const report = (): Promise<string> =>
  renderHtml(withTrials(buildView()), {
    downloads: [
      { name: "summary.csv", what: "estimates", content: "a,b\n1,2\n", compressed: false, elsewhere: "" },
    ],
  });

const joint = async (): Promise<string> => {
  const compared = compare([
    sideOf({ host: { arch: "x86_64" } }),
    ...[1, 2, 3].map((seed) => sideOf({ host: { arch: "aarch64", hostname: `n${seed}` }, seed })),
  ]);
  if (compared.kind === "refused") throw new Error("refused");
  return await renderComparisonHtml(compared.comparison);
};

describe("pointing at a mark", () => {
  test("shows what it stands for, and takes it away again", async () => {
    const { page, messages } = await open(await report());
    const tip = page.locator(".tip");
    expect(await tip.isVisible()).toBe(false);
    const mark = page.locator('#cost svg path[data-agent="auditd"]').first();
    await mark.hover();
    expect(await tip.isVisible()).toBe(true);
    expect(await tip.textContent()).toMatch(
      /^auditd: \+[\d.\u202f]+\u00a0.?s\/op \[.*\], \+[\d.]+\u00a0% \[.*\], n = 12$/,
    );
    await page.mouse.move(1, 1);
    expect(await tip.isVisible()).toBe(false);
    expect(messages).toEqual([]);
    await page.context().close();
  });

  test("every mark of an agent in every chart has a text", async () => {
    const { page } = await open(await report());
    const bare = await page
      .locator("svg.chart [data-agent]")
      .evaluateAll((marks) => marks.filter((mark) => (mark.getAttribute("data-tip") ?? "") === "").length);
    expect(await page.locator("svg.chart [data-agent]").count()).toBeGreaterThan(100);
    expect(bare).toBe(0);
    await page.context().close();
  });
});

/** What is folded is not visible; most tests look at all there is. */
const unfold = (page: Page): Promise<void> =>
  page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");

describe("hiding an agent", () => {
  const visibleMarks = (page: Page, agent: string): Promise<number> =>
    page
      .locator(`svg.chart [data-agent="${agent}"]`)
      .evaluateAll((marks) => marks.filter((mark) => mark.getBoundingClientRect().width > 0).length);
  const rows = (page: Page, agent: string): Promise<number> =>
    page.locator(`tbody tr:visible:has(th .agent[data-agent="${agent}"])`).count();

  test("takes it out of charts and tables, leaves the others, and can be undone", async () => {
    const { page, messages } = await open(await report());
    await unfold(page);
    const before = { marks: await visibleMarks(page, "auditd"), rows: await rows(page, "auditd") };
    const other = { marks: await visibleMarks(page, "sensor"), rows: await rows(page, "sensor") };
    expect(before.marks).toBeGreaterThan(10);
    expect(before.rows).toBeGreaterThan(10);
    await page.getByLabel("auditd", { exact: true }).uncheck();
    expect([await visibleMarks(page, "auditd"), await rows(page, "auditd")]).toEqual([0, 0]);
    expect([await visibleMarks(page, "sensor"), await rows(page, "sensor")]).toEqual([
      other.marks,
      other.rows,
    ]);
    await page.getByLabel("auditd", { exact: true }).check();
    expect([await visibleMarks(page, "auditd"), await rows(page, "auditd")]).toEqual([
      before.marks,
      before.rows,
    ]);
    expect(messages).toEqual([]);
    await page.context().close();
  });

  test("takes its column out of the verdicts", async () => {
    const { page } = await open(await report());
    const columns = (): Promise<number> =>
      page.locator("#verdicts th[scope=col]:visible, #verdicts td:visible").count();
    const before = await columns();
    await page.getByLabel("auditd", { exact: true }).uncheck();
    const rows = await page.locator("#verdicts tbody tr").count();
    expect(await columns()).toBe(before - rows - 1);
    await page.context().close();
  });

  test("takes what is said of it alone out of lists and folded parts", async () => {
    const view = buildView();
    const overflow: BackpressureRow[] = ["auditd", "sensor"].map((agent) => ({
      agent,
      scenario: "process-exec",
      forced: null,
      notForced: { kind: "skipped", reason: "it has no buffer" },
      underLoad: null,
      promised: "drops",
      contradiction: null,
      notes: [],
    }));
    // Of each agent another note, so that none is shared.
    const ofAgent: Readonly<Record<string, Note>> = {
      auditd: { kind: "t-interval" },
      sensor: { kind: "constant" },
    };
    const estimates = view.estimates.map((one) => {
      const note = ofAgent[one.agent];
      return { ...one, notes: note === undefined ? [] : [note] };
    });
    const { page } = await open(await renderHtml({ ...view, overflow, estimates }));
    const said = (agent: string): Promise<readonly number[]> =>
      Promise.all(
        ["#events li", "#cost .note li", "#setting details"].map((where) =>
          page.locator(where).filter({ hasText: agent, visible: true }).count(),
        ),
      );
    const [auditd, sensor] = [await said("auditd"), await said("sensor")];
    expect(auditd.filter((count) => count === 0)).toEqual([]);
    await page.getByLabel("auditd", { exact: true }).uncheck();
    expect(await said("auditd")).toEqual([0, 0, 0]);
    expect(await said("sensor")).toEqual(sensor);
    await page.context().close();
  });

  test("works with the keyboard alone", async () => {
    const { page } = await open(await report());
    await page.getByLabel("auditd", { exact: true }).focus();
    await page.keyboard.press("Space");
    expect(await rows(page, "auditd")).toBe(0);
    await page.context().close();
  });
});

describe("the fleet", () => {
  const cell = (page: Page, agent: string, figure: string): Promise<string | null> =>
    page.locator(`#fleet tr:has([data-agent="${agent}"]) [data-figure="${figure}"]`).textContent();

  const judged = (range: readonly [number, number, number]): string =>
    fleetText({ range, exploratory: false, part: false });

  test("is worked out in the page from what is put in, by the formula that the page was made with", async () => {
    const { page, messages } = await open(await report());
    const still = (await report()).match(/data-figure="cores"\s*>([^<]*)</g) ?? [];
    const shown = await page.locator('#fleet [data-figure="cores"]').allTextContents();
    expect(shown).toEqual(still.map((text) => text.replace(/^[^>]*>|<$/g, "")));

    for (const input of await page.locator("#fleet input[data-operation]").all()) await input.fill("0");
    await page.locator('#fleet input[name="nodes"]').fill("1000");
    await page.locator('#fleet input[name="rate-0"]').fill("50");
    const [first] = buildView().estimates;
    const view = buildView();
    const cost = view.estimates.find(
      (one) =>
        one.agent === "sensor" &&
        one.metric === "system-cpu" &&
        one.load === "closed" &&
        one.scenario === first?.scenario &&
        one.operation === first.operation,
    )?.absolute;
    const cores = (ns: number | null | undefined): number => ((ns ?? Number.NaN) * 1000 * 50) / 1e9;
    expect(await cell(page, "sensor", "cores")).toBe(
      judged([cores(cost?.value), cores(cost?.low), cores(cost?.high)]),
    );
    expect(await cell(page, "sensor", "priceAMonth")).toBe("–");
    await page.locator('#fleet input[name="core-price"]').fill("0.05");
    await page.locator('#fleet input[name="storage-price"]').fill("0");
    const price = (ns: number | null | undefined): number => cores(ns) * 730 * 0.05;
    expect(await cell(page, "sensor", "priceAMonth")).toBe(
      judged([price(cost?.value), price(cost?.low), price(cost?.high)]),
    );
    expect(messages).toEqual([]);
    await page.context().close();
  });

  test("of an agent for one purpose is the sum of what was measured, labelled, with what is left out", async () => {
    const whole = buildView();
    const estimates = whole.estimates.filter(
      ({ agent, scenario }) => agent !== "execsnoop" || scenario === "process-exec",
    );
    const { page } = await open(await renderHtml({ ...whole, estimates }));
    const leftOut = (): Promise<string | null> =>
      page.locator('#fleet tr:has([data-agent="execsnoop"]) [data-figure=leftOut]').textContent();
    expect(await cell(page, "execsnoop", "cores")).toMatch(/^part: [\d.]+ \[/);
    expect(await leftOut()).toContain("file-open / open");
    await page.locator('#fleet input[name="core-price"]').fill("0.05");
    await page.locator('#fleet input[name="storage-price"]').fill("0.5");
    expect(await cell(page, "execsnoop", "priceAMonth")).toMatch(/^part: [\d.]+/);
    // Where the other operations do not happen, nothing is left out.
    for (const input of await page.locator("#fleet input[data-operation]").all()) {
      const label = await input.locator("..").textContent();
      if (label?.includes("process-exec") !== true) await input.fill("0");
    }
    expect(await cell(page, "execsnoop", "cores")).toMatch(/^[\d.]+ \[/);
    expect(await leftOut()).toBe("nothing");
    await page.context().close();
  });

  test("of a run whose self-check failed has no CPU time and no price, whatever is put in", async () => {
    const view = buildView();
    const { page } = await open(
      await renderHtml({
        ...view,
        selfChecks: {
          ...view.selfChecks,
          failures: [{ kind: "aa", rejections: 9, comparisons: 38, mostByChance: 6 }],
        },
      }),
    );
    await page.locator('#fleet input[name="nodes"]').fill("1000");
    expect(await page.locator("#fleet .banner").textContent()).toContain("A/A: 9 of 38");
    for (const figure of ["cores", "priceAMonth"]) expect(await cell(page, "sensor", figure)).toBe("invalid");
    expect(await cell(page, "sensor", "memoryGib")).toMatch(/^[\d.]+/);
    await page.context().close();
  });

  test("of few blocks is marked as exploratory, also when it is worked out anew", async () => {
    const { page } = await open(await renderHtml(buildView({ blocks: 3 })));
    expect(await page.locator("#fleet .banner").textContent()).toContain("Exploratory");
    expect(await cell(page, "sensor", "cores")).toMatch(/^~[\d.]+$/);
    await page.locator('#fleet input[name="nodes"]').fill("1000");
    expect(await cell(page, "sensor", "cores")).toMatch(/^~[\d.]+$/);
    await page.context().close();
  });

  test.each(["", "-5", "1e400"])("says nothing for %j nodes", async (nodes) => {
    const { page } = await open(await report());
    await page.locator('#fleet input[name="nodes"]').fill(nodes);
    expect(new Set(await page.locator("#fleet [data-figure].number").allTextContents())).toEqual(
      new Set(["–"]),
    );
    await page.context().close();
  });

  test("of an emulated node is not worked out", async () => {
    const { page } = await open(await renderHtml(buildView({ emulated: true })));
    expect(await page.locator("#fleet").textContent()).toContain(
      "emulated: functional, no performance verdict",
    );
    expect(await page.locator("#fleet table").count()).toBe(0);
    await page.context().close();
  });
});

test("data can be taken away with the network off", async () => {
  const { page } = await open(await report());
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByText("summary.csv").click(),
  ]);
  expect(download.suggestedFilename()).toBe("summary.csv");
  expect(await text(await download.createReadStream())).toBe("a,b\n1,2\n");
  await page.context().close();
});

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
  test.each(
    pages.flatMap(([name, make]) => (["light", "dark"] as const).map((look) => [name, look, make] as const)),
  )("%s, %s", async (_, colorScheme, make) => {
    const { page } = await open(await make(), { colorScheme });
    await unfold(page);
    await page.evaluate(axe);
    const { found, passed } = await page.evaluate<{
      readonly found: readonly Finding[];
      readonly passed: number;
    }>(
      `axe.run(document).then(({ violations, passes }) => ({
        passed: passes.length,
        found: violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) })),
      }))`,
    );
    expect(found.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
    expect(passed).toBeGreaterThan(15);
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
