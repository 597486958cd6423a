/** `tare run --scale` on the real kernel, as a user starts it: every size of the node is measured, and nothing of it is left. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();
const env = { ...process.env, TARE_JOURNAL: join(folder, "tare/journal"), NO_COLOR: "1" };

const tare = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], { encoding: "utf8", env });

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

test("what cannot be measured at several sizes is refused, with what can", () => {
  const refused = (...args: readonly string[]) => tare("run", "--dry-run", ...args).stderr;
  expect(refused("--scale", "cpus")).toContain('unknown scale "cpus"');
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
