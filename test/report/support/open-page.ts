/** Opens a page as a reader does: from a file, with the network off. What it says on the console or asks for is kept. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, inject } from "vitest";
import { NO_BROWSER } from "../../setup/shared-browser.ts";

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

/** Its pages are this file's own. */
const connect = async (sharedAt: string): Promise<Browser> => {
  const response = await fetch(sharedAt);
  const told = await response.text();
  if (!response.ok) throw new Error(told);
  return await chromium.connect(told);
};

type Open = (text: string, look?: Look) => Promise<Opened>;

/** Opens each text once, for tests that leave the page as they find it: laying out a report takes half a second. */
export const openedOnce = (open: Open): ((text: string) => Promise<Opened>) => {
  const pages = new Map<string, Promise<Opened>>();
  return (text) => {
    const page = pages.get(text) ?? open(text);
    pages.set(text, page);
    return page;
  };
};

/** To be called once in a test file; tests are skipped where there is no Chromium. */
export const withBrowser = (): Open => {
  const directory = mkdtempSync(join(tmpdir(), "tare-page-"));
  let browser: Browser | undefined;
  let opened = 0;

  beforeAll(async () => {
    const sharedAt = inject("browserAt");
    if (sharedAt !== undefined) browser = await connect(sharedAt);
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
    // Playwright's own limit is half a minute, which a busy machine can take.
    context.setDefaultTimeout(120_000);
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
