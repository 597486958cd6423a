/** `tare run --scale` on the real kernel, as a user starts it: every size of the node is measured, and nothing of it is left. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { TurnLine } from "../../src/domain/record.ts";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();
const env = { ...process.env, TARE_JOURNAL: join(folder, "tare/journal"), NO_COLOR: "1" };

const tare = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], { encoding: "utf8", env });

/** Of tare's, that are left. */
const cpusets = (): readonly string[] =>
  existsSync("/sys/fs/cgroup/cpuset")
    ? readdirSync("/sys/fs/cgroup/cpuset").filter((name) => name.startsWith("tare-"))
    : [];

const SCALE = ["--agents", "calibration-cost@half", "--scale", "processes", "--scenarios", "file-open"];

test("each size is measured, and the record says it again", (ctx) => {
  ctx.skip(process.getuid?.() !== 0, "agents need root");
  const out = mkdtempSync(join(folder, "run-")); // a second try finds nothing of the first
  const run = tare("run", ...SCALE, "--allow-foreign", "--blocks", "1", "--out", out);
  expect(run.stderr).not.toContain("failed");
  expect(run.stdout).toContain("Does it grow with the node?");
  const summary = (): SummaryJson =>
    JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson;
  const { growth = [] } = summary();
  expect(growth.map(({ agent, steps }) => [agent, steps.map(({ at }) => at)])).toEqual([
    ["calibration-cost@half", [0, 500, 2000]],
  ]);
  for (const { cost, readyMs } of growth[0]?.steps ?? []) {
    expect(cost?.value).not.toBeNaN();
    expect(readyMs).not.toBeNull();
  }
  expect(spawnSync("pgrep", ["-x", "crowd"], { encoding: "utf8" }).stdout).toBe("");

  expect(tare("analyse", out, "--write").status).not.toBe(70);
  expect(summary().growth).toEqual(growth);
  expect(tare("verify", out).status).toBe(0);
});

const CPUS = ["--agents", "calibration-cost@half", "--scale", "cpus", "--scenarios", "file-open"];

test("agent and workload keep to the CPUs of each size, and the record says how", (ctx) => {
  ctx.skip(process.getuid?.() !== 0, "agents need root");
  ctx.skip(availableParallelism() < 2, "this machine has one CPU");
  const out = mkdtempSync(join(folder, "run-"));
  const run = tare("run", ...CPUS, "--allow-foreign", "--blocks", "1", "--out", out);
  expect(run.stderr).not.toContain("failed");
  const { growth = [] } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson;
  expect(growth[0]?.steps.map(({ at }) => at).slice(0, 2)).toEqual([1, 2]);
  const told = readFileSync(join(out, "record.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"type":"turn"') && line.includes('"agent":"calibration-cost@half"'))
    .map((line) => JSON.parse(line) as TurnLine);
  for (const { scale, outcome } of told) {
    if (outcome.kind !== "started") throw new Error(outcome.message);
    expect(outcome.settings["cpus"]).toMatch(new RegExp(`^${scale?.at} of \\d+ \\([\\d,]+\\), by `));
  }
  expect(cpusets()).toEqual([]);
});

test("what cannot be measured at several sizes is refused, with what can", () => {
  const refused = (...args: readonly string[]) => tare("run", "--dry-run", ...args).stderr;
  expect(refused("--scale", "memory")).toContain('unknown scale "memory"');
  expect(refused("--scale", "files", "--scenarios", "neighbour-exec")).toContain(
    "neighbour-exec is not timed in blocks",
  );
});

test("a dry run says what is made, and how much at most", () => {
  const { stdout } = tare(
    "run",
    "--dry-run",
    "--agents",
    "baseline",
    "--scale",
    "processes",
    "--scenarios",
    "file-open",
  );
  expect(stdout).toMatch(/made for a turn, and ended with it: at most 2.000 sleeping processes/);
  expect(stdout).toContain("baseline file-open (500 processes)");
});
