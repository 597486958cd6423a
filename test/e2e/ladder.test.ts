/** `tare run --ladder` on the real kernel, as a user starts it: every rung of the sensor runs, and hands out what it says. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();
const env = { ...process.env, TARE_JOURNAL: join(folder, "tare/journal"), NO_COLOR: "1" };

const tare = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], { encoding: "utf8", env });

const LADDER = ["--agents", "sensor", "--ladder", "--scenarios", "file-open", "--allow-foreign"];

/** Of the sensor's rungs, those that this node runs. */
const rungsHere = (): readonly string[] => {
  if (process.getuid?.() !== 0) return [];
  const { agents } = JSON.parse(tare("run", "--dry-run", "--json", ...LADDER).stdout || '{"agents":[]}') as {
    agents: { id: string; status: string }[];
  };
  return agents.filter(({ status }) => status === "measured").map(({ id }) => id);
};

/** Where a journald of tare's keeps what it has. */
const journalsLeft = (): readonly string[] =>
  ["/run/systemd", "/run/log/journal", "/var/log/journal"].flatMap((parent) =>
    existsSync(parent) ? readdirSync(parent).filter((name) => name.endsWith(".tare")) : [],
  );

test("every rung is measured beside the one that it stands on, and the record says it again", (ctx) => {
  const rungs = rungsHere();
  ctx.skip(!rungs.includes("sensor"), "the sensor does not run here");
  const out = mkdtempSync(join(folder, "run-")); // a second try finds nothing of the first
  const page = join(folder, "page.html");
  const run = tare("run", ...LADDER, "--blocks", "1", "--out", out, "--report", page);
  expect(run.stderr).not.toContain("failed");
  const text = readFileSync(join(out, "summary.json"), "utf8");
  const { sinks = [], ledger } = JSON.parse(text) as SummaryJson;
  expect(sinks.map(({ agent }) => agent).sort()).toEqual([...rungs].sort());
  const of = (id: string) => sinks.find(({ agent }) => agent === id);
  expect(of("sensor@idle")).toMatchObject({ reference: "baseline", delivered: null, bytes: null });
  expect(of("sensor@filtered")).toMatchObject({ reference: "sensor@loaded", delivered: null, bytes: null });
  expect(of("sensor")).toMatchObject({ reference: "sensor@none", sink: "json-file", delivered: 1 });
  expect(of("sensor")?.bytes?.value).toBeGreaterThan(100);
  expect(of("sensor@protobuf")?.bytes?.value).toBeLessThan(of("sensor")?.bytes?.value ?? 0);
  // What the slow reader is behind with, buffers hold: it is late, and not lost.
  for (const { agent, operations, delivered } of ledger)
    expect([agent, delivered]).toEqual([agent, operations]);
  expect(journalsLeft()).toEqual([]);
  expect(readFileSync(page, "utf8")).toContain("What does the export cost?");

  expect(tare("analyse", out, "--write").status).not.toBe(70);
  expect((JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson).sinks).toEqual(sinks);
  expect(tare("verify", out).status).toBe(0);
  expect(tare("export", out, "--format", "openmetrics").stdout).toContain("sensor@filtered");
});
