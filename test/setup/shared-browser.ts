/** One Chromium for all workers. It is started when the first of them asks for it, by HTTP, and ends with the run. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserServer } from "playwright-core";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with the address to connect to; undefined where there is no Chromium. */
    readonly browserAt: string | undefined;
  }
}

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const NO_BROWSER = `no Chromium at ${CANDIDATES.join(", ")}`;

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const start = async (executablePath: string): Promise<BrowserServer> => {
  const { chromium } = await import("playwright-core");
  return await chromium.launchServer({ executablePath, args: ARGS });
};

export default async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const executablePath = CANDIDATES.find((path) => existsSync(path));
  if (executablePath === undefined) return undefined;
  let started: Promise<BrowserServer> | undefined;
  const server = createServer((_, response) => {
    started ??= start(executablePath);
    started.then(
      (browser) => response.end(browser.wsEndpoint()),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  project.provide("browserAt", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    await (await started)?.close();
  };
};
