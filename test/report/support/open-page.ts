/** Opens a page as a reader does: from a file, with the network off. What it says on the console or asks for is kept. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { NO_BROWSER, browserPath, openBrowser } from "./browser.ts";

export interface Opened {
  readonly page: Page;
  /** Console messages, errors and dialogs. */
  readonly messages: readonly string[];
  readonly requests: readonly string[];
}

export interface Look {
  readonly colorScheme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly javaScriptEnabled?: boolean;
}

/** To be called once in a test file; tests are skipped where there is no Chromium. */
export const withBrowser = (): ((text: string, look?: Look) => Promise<Opened>) => {
  const directory = mkdtempSync(join(tmpdir(), "tare-page-"));
  let browser: Browser | undefined;
  let opened = 0;

  beforeAll(async () => {
    if (browserPath !== undefined) browser = await openBrowser(browserPath);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach((context) => {
    context.skip(browser === undefined, NO_BROWSER);
  });

  return async (text, look = {}) => {
    if (browser === undefined) throw new Error(NO_BROWSER);
    const path = join(directory, `page-${opened++}.html`);
    writeFileSync(path, text);
    const context = await browser.newContext({
      offline: true,
      viewport: { width: 1200, height: 900 },
      ...look,
    });
    const page = await context.newPage();
    const messages: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    page.on("pageerror", (error) => messages.push(error.message));
    page.on("dialog", (dialog) => {
      messages.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`file://${path}`);
    return { page, messages, requests };
  };
};
