/** `tare agents install` for agents that tare can only point to. */
import { afterEach, expect, test } from "vitest";
import { installCommand } from "../../src/cli/commands/agents-install.ts";
import { createContext } from "../../src/cli/context.ts";
import type { Agent, Probe } from "../../src/domain/agent.ts";
import { EXIT } from "../../src/domain/errors.ts";
import { WATCHER } from "../run/fake-run.ts";
import { FakeHost } from "../support/fake-host.ts";
import { keepingScreen } from "../support/keeping-screen.ts";

afterEach(() => {
  process.exitCode = undefined;
});

const MISSING: Probe = {
  kind: "unavailable",
  reason: "watcher is not installed",
  hint: "run: tare agents install watcher",
};
const HERE: Probe = { kind: "available", version: "1.2", path: "/usr/bin/watcher" };

const installed = async (homepage: string, probe: Probe) => {
  const agent: Agent = { ...WATCHER, homepage, packages: [], probe: () => Promise.resolve(probe) };
  const screen = keepingScreen();
  const agents = () => Promise.resolve(new Map([[agent.id, agent]]));
  const context = { ...createContext(screen), host: new FakeHost(), agents };
  await installCommand(context).parseAsync([agent.id], { from: "user" });
  return { said: screen.said, code: process.exitCode };
};

test("one that neither Debian nor a known release has is named with its homepage and what is missing", async () => {
  const { said, code } = await installed("https://watcher.example", MISSING);
  expect(said[0]).toBe("watcher: tare cannot install it: watcher is not installed");
  expect(said[1]).toContain("https://watcher.example");
  expect(said.join("\n")).not.toContain("tare agents install");
  expect(code).toBe(EXIT.hostUnfit);
});

test("one that its owner has installed is found", async () => {
  expect(await installed("https://watcher.example", HERE)).toEqual({
    said: ["watcher: is installed already, /usr/bin/watcher"],
    code: EXIT.withinBudget,
  });
});

test("what comes with tare needs no installation", async () => {
  expect(await installed("", HERE)).toEqual({
    said: ["watcher: comes with tare"],
    code: EXIT.withinBudget,
  });
});
