/** `tare run` under rising load on the real kernel, as a user starts it: an agent whose knee is known. */
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

const whyNot = (id: string): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root";
  const { agents } = JSON.parse(
    tare("run", "--dry-run", "--json", "--scenarios", "knee-exec", "--agents", id).stdout || '{"agents":[]}',
  ) as { agents: { id: string; status: string; reason: string | null }[] };
  const found = agents.find((agent) => agent.id === id);
  return found?.status === "measured" ? undefined : (found?.reason ?? `${id} is not there`);
};

const AGENT = "calibration-rate@1000";

test("the knee of an agent is found that is known, its bursts and its recovery are told, and the record says it again", (ctx) => {
  const obstacle = whyNot(AGENT);
  ctx.skip(obstacle !== undefined, obstacle);
  const out = mkdtempSync(join(folder, "run-")); // a second try finds nothing of the first
  // The least time that a search may have.
  const asked = "--scenarios knee-open,burst-open,recovery-open --time-budget 1s --allow-foreign".split(" ");
  const run = tare("run", "--agents", AGENT, ...asked, "--out", out, "--report", join(folder, "report.html"));
  expect(run.stderr).not.toContain("failed");
  expect(run).toMatchObject({ status: 0 });
  const text = readFileSync(join(out, "summary.json"), "utf8");
  const { underLoad, trust } = JSON.parse(text) as SummaryJson;
  const [row] = underLoad?.rows ?? [];
  // Other work on the node moves it; a method that is fooled is off by more.
  expect(row?.knee?.value).toBeGreaterThan(800);
  expect(row?.knee?.value).toBeLessThan(1250);
  expect(row?.burst?.held).toBeGreaterThanOrEqual(500);
  expect(row?.burst?.overflowed).toBeLessThan(1500);
  expect(row?.silentLost).toMatchObject({ low: 0 });
  expect(row?.recovery?.lost).toBeGreaterThan(0.1);
  expect(underLoad?.known).toMatchObject([{ agent: AGENT, perSecond: 1000 }]);
  expect(trust.failures).toEqual([]);
  expect(run.stdout).toContain("Known answers");

  expect(tare("analyse", out).status).toBe(0);
  expect(readFileSync(join(out, "summary.json"), "utf8")).toBe(text);
});
