/** What a reader can do with the page, in a real browser: point, hide, work out a fleet, take data away. */
import { text } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { BackpressureRow } from "../../src/domain/backpressure.ts";
import type { Note } from "../../src/domain/reason.ts";
import { fleetText } from "../../src/report/page/client.js";
import { renderHtml } from "./support/render.ts";
import { openedOnce, withBrowser } from "./support/open-page.ts";
import { buildView } from "./support/view-builder.ts";

import { report, unfold } from "./support/pages.ts";
import { AA_FAILURE } from "../support/check-failure.ts";

const open = withBrowser();
const openOnce = openedOnce(open);

describe("pointing at a mark", () => {
  test("shows what it stands for, and takes it away again", async () => {
    const { page, messages } = await openOnce(await report());
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
  });

  test("every mark of an agent in every chart has a text", async () => {
    const { page } = await openOnce(await report());
    const bare = await page
      .locator("svg.chart [data-agent]")
      .evaluateAll((marks) => marks.filter((mark) => (mark.getAttribute("data-tip") ?? "") === "").length);
    expect(await page.locator("svg.chart [data-agent]").count()).toBeGreaterThan(100);
    expect(bare).toBe(0);
  });
});

describe("hiding an agent", () => {
  const visibleMarks = (page: Page, agent: string): Promise<number> =>
    page
      .locator(`svg.chart [data-agent="${agent}"]`)
      .evaluateAll((marks) => marks.filter((mark) => mark.getBoundingClientRect().width > 0).length);
  const rows = (page: Page, agent: string): Promise<number> =>
    page.locator(`tbody tr:visible:has(th .agent[data-agent="${agent}"])`).count();

  test("takes it out of charts and tables, leaves the others, and can be undone", async () => {
    const { page, messages } = await openOnce(await report());
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
  });

  test("takes its column out of the verdicts", async () => {
    const { page } = await openOnce(await report());
    await unfold(page);
    const columns = (): Promise<number> =>
      page.locator("#verdicts th[scope=col]:visible, #verdicts td:visible").count();
    const before = await columns();
    await page.getByLabel("auditd", { exact: true }).uncheck();
    const rows = await page.locator("#verdicts tbody tr").count();
    expect(await columns()).toBe(before - rows - 1);
    await page.getByLabel("auditd", { exact: true }).check();
    expect(await columns()).toBe(before);
  });

  test("takes what is said of it alone out of lists and folded parts", async () => {
    const view = buildView();
    const overflow: BackpressureRow[] = ["auditd", "sensor"].map((agent) => ({
      agent,
      scenario: "process-exec",
      outside: null,
      forced: null,
      notForced: { kind: "skipped", reason: "it has no buffer" },
      underLoad: null,
      promised: "drops",
      contradiction: null,
      notes: [],
    }));
    // Of each agent another note, so that none is shared.
    const ofAgent: Readonly<Record<string, Note>> = {
      auditd: { kind: "per-operation" },
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
    const { page } = await openOnce(await report());
    await page.getByLabel("auditd", { exact: true }).focus();
    await page.keyboard.press("Space");
    expect(await rows(page, "auditd")).toBe(0);
    await page.keyboard.press("Space");
    expect(await rows(page, "auditd")).toBeGreaterThan(0);
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
          failures: [AA_FAILURE],
        },
      }),
    );
    await page.locator('#fleet input[name="nodes"]').fill("1000");
    expect(await page.locator("#fleet .banner").textContent()).toContain("A/A: the second baseline differs");
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

  test("says nothing for a number of nodes that is none", async () => {
    const { page } = await open(await report());
    for (const nodes of ["", "-5", "1e400"]) {
      await page.locator('#fleet input[name="nodes"]').fill("1000");
      expect(await cell(page, "sensor", "cores")).toMatch(/\d/);
      await page.locator('#fleet input[name="nodes"]').fill(nodes);
      const said = new Set(await page.locator("#fleet [data-figure].number").allTextContents());
      expect([nodes, said]).toEqual([nodes, new Set(["–"])]);
    }
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
  const { page } = await openOnce(await report());
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByText("summary.csv").click(),
  ]);
  expect(download.suggestedFilename()).toBe("summary.csv");
  expect(await text(await download.createReadStream())).toBe("a,b\n1,2\n");
});
