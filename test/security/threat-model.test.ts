/** What SECURITY.md promises is tried by the tests that it names. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  MAX_AGENT_TASKS,
  MAX_LOG_BYTES,
  MAX_MEMORY_SHARE,
  MIN_FREE_IN_TURN_BYTES,
} from "../../src/domain/bounds.ts";
import { MAX_PATTERN_MS } from "../../src/agents/shared/in-time.ts";
import { ROOT } from "../support/agent-session.ts";

const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");

/** Of the tables of threats, whose last column names tests. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\| (?:-|what (?:they|it) can try|part )/.test(line))
  .map((line) => line.split(" | "))
  .filter((cells) => cells.length === 3);

test("there is something of everybody who is not trusted", () => {
  for (const title of [
    "Another user of the node",
    "In a record",
    "In an agent's output",
    "In a YAML file",
    "From the network",
  ])
    expect(page).toContain(`## ${title}\n`);
  expect(rows.length).toBeGreaterThan(25);
});

test.each(rows.map(([threat = "", , tests = ""]) => [threat.replace(/^\|\s*/, "").trim(), tests]))(
  "%s is tried by a test that exists",
  (_, tests) => {
    const named = [...tests.matchAll(/\]\((test\/[^)]+\.test\.ts)\)/g)].map(([, path = ""]) => path);
    expect(named).not.toEqual([]);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    for (const path of named) expect(readFileSync(join(ROOT, path), "utf8")).toMatch(/\bexpect\(/);
  },
);

test("figures are those of the code", () => {
  expect(page).toContain(
    `cut off at ${MAX_LOG_BYTES / 2 ** 30} GiB, or when ${MIN_FREE_IN_TURN_BYTES / 2 ** 20} MiB are left`,
  );
  expect(MAX_MEMORY_SHARE).toBe(0.5);
  expect(page).toContain(`half of the node's memory and ${MAX_AGENT_TASKS} tasks`);
  expect(page).toContain(`broken off after ${MAX_PATTERN_MS / 1000} s`);
});
