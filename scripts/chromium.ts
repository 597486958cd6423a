/** A tab of a Chromium without network, for the pictures of README. */
import { type BrowserContextOptions, type Page, chromium } from "playwright-core";

export const inTab = async (
  options: BrowserContextOptions,
  work: (tab: Page) => Promise<unknown>,
): Promise<void> => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    await work(await (await browser.newContext({ ...options, offline: true })).newPage());
  } finally {
    await browser.close();
  }
};
