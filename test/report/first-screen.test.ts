import { expect, test } from "vitest";
import { renderHtml } from "./support/render.ts";
import { bench } from "./support/hard-records.ts";
import { withBrowser } from "./support/open-page.ts";

const open = withBrowser();

test("seven agents, the sentence above them and the self-checks below them are on one screen of 1280 by 800", async () => {
  const { page } = await open(await renderHtml(bench()), { viewport: { width: 1280, height: 800 } });
  const box = await page.locator("#decision").boundingBox();
  expect(box).not.toBeNull();
  expect((box?.y ?? 0) + (box?.height ?? Infinity)).toBeLessThanOrEqual(800);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1280);
  await page.context().close();
});
