/** What agents did in guests, from the tests' words to what is kept of them and to the page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import AUDITD from "../../src/agents/auditd.ts";
import { AgentsInGuests, agentsInGuests } from "../../src/machines/jobs/agents-in-guests.ts";
import { agentsPage } from "../../src/machines/jobs/agents-page.ts";
import type { AgentsOutcome, TestOutcome } from "../../src/machines/jobs/outcome.ts";

const outcome = (id: string, change: Partial<TestOutcome> = {}): TestOutcome => ({
  file: "test/agents/contract.test.ts",
  name: [`${id} on this node`, "sees a sentinel"],
  state: "passed",
  why: "",
  said: [`${id}, exec: delivered 200 of 200, declared lost 0`],
  date: "2026-11-24",
  ...change,
});

const GUEST: AgentsOutcome = {
  arch: "amd64",
  release: "bookworm",
  kernelRelease: "6.1.0-56-cloud-amd64",
  qemu: "10.0.2",
  seconds: 90,
  securityModules: "capability,bpf",
  packages: { auditd: "1:3.0.9-1" },
  module: null,
  agents: [
    outcome("auditd@blocking"),
    outcome("auditd@dropping", { state: "failed", why: "expected 3 to be 0 | more\nat line 7" }),
    outcome("falco@everything"),
  ],
  units: [outcome("", { name: ["auditd", "is put back"], said: ["auditd@attached, exec: delivered 5"] })],
};
const AGENTS = new Map(AUDITD.variants.map((agent) => [agent.id, agent]));
const KEPT = agentsInGuests([GUEST], AGENTS);

test("agents that Debian packages are kept, with their packages, figures and the first line of why", () => {
  expect(AgentsInGuests.parse(JSON.parse(JSON.stringify(KEPT)))).toEqual(KEPT);
  const rest = { packages: { auditd: "1:3.0.9-1" }, date: "2026-11-24" };
  const figures = ["exec: delivered 200 of 200, declared lost 0"];
  expect(KEPT[0]?.agents).toEqual([
    { ...rest, name: "auditd@blocking", state: "passed", why: "", figures },
    { ...rest, name: "auditd@dropping", state: "failed", why: "expected 3 to be 0 | more", figures },
  ]);
});

test("the page has a row for each, and a failure is told", () => {
  const page = agentsPage(KEPT);
  expect(page).toContain("## bookworm, amd64, kernel 6.1.0-56-cloud-amd64");
  expect(page).toContain(
    "| `auditd@blocking` | auditd 1:3.0.9-1 | exec: delivered 200 of 200, declared lost 0 |",
  );
  expect(page).toContain(String.raw`| **failed**: expected 3 to be 0 \| more; exec: delivered`);
  expect(page).toMatch(/\| auditd is put back \| .*delivered 5 \|/);
});

test("what is kept can be read", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/agents/in-guests.json"), "utf8");
  expect(AgentsInGuests.parse(JSON.parse(text)).length).toBeGreaterThan(0);
});
