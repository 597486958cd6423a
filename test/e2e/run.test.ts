/** The main job on the real kernel: `tare run` as a user starts it, interrupts it, kills it, and picks it up again. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { readRecord } from "../../src/record/reader.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();
const journal = join(folder, "tare/journal");
const env = { ...process.env, TARE_JOURNAL: journal, NO_COLOR: "1" };
const MAIN = join(ROOT, "src/cli/main.ts");
/** One workload: what is tested is how a run ends, not what it measures. */
const SMALLEST = ["--agents", "sensor", "--scenarios", "file-open", "--allow-foreign"];
const SMALL = ["--agents", "sensor", "--scenarios", "file-open,syscall-tax", "--allow-foreign"];

const tare = (args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env });

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root";
  const agents = JSON.parse(tare(["agents", "--json"]).stdout) as {
    id: string;
    status: string;
    reason: string | null;
  }[];
  const sensor = agents.find((agent) => agent.id === "sensor");
  return sensor?.status === "available"
    ? undefined
    : `the sensor does not run here: ${sensor?.reason ?? "unknown"}`;
};

let obstacle: string | undefined;
beforeAll(() => {
  for (const part of ["bpf", "scenarios"])
    spawnSync("make", ["-s", "-C", join(ROOT, part)], { stdio: "inherit" });
  obstacle = whyNot();
});

/** What tare puts on the node while it runs: scratch folders, cgroups, its sensor. */
const onTheNode = (pid: number | undefined): string[] => [
  ...readdirSync("/var/tmp").filter((name) => name.startsWith(`tare-${pid}-`)),
  ...["/sys/fs/cgroup", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/memory"].filter((mount) =>
    existsSync(join(mount, `tare-${pid}`)),
  ),
  ...readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, "latin1").includes(`TARE_EFFECT=${pid}-`);
      } catch {
        return false;
      }
    }),
];

const recordedLines = (out: string): number => {
  const path = join(out, "record.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length : 0;
};

/** Resolves once the first trials are in the record. */
const measuring = async (child: ChildProcess, out: string): Promise<void> => {
  await expect
    .poll(() => recordedLines(out), {
      timeout: 60_000,
      interval: 50,
      message: `pid ${child.pid} records its trials`,
    })
    .toBeGreaterThan(2);
};

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((done) => child.once("exit", (code) => done(code)));

describe("tare run", () => {
  test("measures, balances the ledger, writes everything, and leaves nothing", async (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const out = join(folder, "whole");
    const report = join(folder, "whole.html");
    const run = tare([
      "run",
      ...SMALL,
      "--blocks",
      "2",
      "--seed",
      "3",
      "--out",
      out,
      "--report",
      report,
      "--json",
    ]);
    expect(run.stderr).not.toContain("error:");
    expect(run.status).toBe(0);

    const summary = JSON.parse(run.stdout) as SummaryJson;
    expect(readFileSync(join(out, "summary.json"), "utf8")).toBe(run.stdout);
    expect(summary.run).toMatchObject({
      blocks: 2,
      complete: true,
      seed: 3,
      trials: { skipped: 0, failed: 0 },
    });
    expect(summary.ledger).toMatchObject([
      {
        agent: "sensor",
        scenario: "file-open",
        silentLost: { low: 0, high: 0 },
        duplicates: 0,
        balanced: true,
      },
    ]);
    const [row] = summary.ledger;
    expect(row?.operations).toBe((row?.delivered ?? 0) + (row?.declaredLost?.low ?? 0));
    const open = summary.estimates.find(
      (estimate) => estimate.scenario === "file-open" && estimate.metric === "workload-cpu",
    );
    expect(open).toMatchObject({
      agent: "sensor",
      unit: "ns/op",
      blocks: 2,
      absolute: { low: null, high: null },
    });
    expect(open?.baseline).toBeGreaterThan(0);
    expect(summary.warnings.join()).not.toContain("still loaded");

    expect(readFileSync(join(out, "summary.csv"), "utf8").split("\n")[0]).toContain("agent");
    expect(readFileSync(report, "utf8")).toMatch(/^<!doctype html>/i);
    const record = await readRecord(join(out, "record.jsonl"));
    expect(record.problems).toEqual([]);
    expect(record.lines.at(-1)).toMatchObject({ type: "end", reason: "complete" });
    expect(existsSync(journal)).toBe(false);
  });

  test("a record analysed again, without the machine, gives the same summary byte by byte", (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const out = join(folder, "whole");
    expect(tare(["analyse", out, "--json"]).stdout).toBe(readFileSync(join(out, "summary.json"), "utf8"));
  });

  test("verify reproduces the summary byte for byte, and names what was changed afterwards", (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const good = tare(["verify", join(folder, "whole")]);
    expect(good).toMatchObject({ status: 0, stdout: expect.stringContaining("reproduced byte for byte") });

    const copy = join(folder, "changed");
    cpSync(join(folder, "whole"), copy, { recursive: true });
    const record = join(copy, "record.jsonl");
    const lines = readFileSync(record, "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes('"wallNs":'));
    lines[at] = (lines[at] ?? "").replace(/"wallNs":(\d)/, '"wallNs":9$1');
    writeFileSync(record, lines.join("\n"));
    const bad = tare(["verify", copy, "--json"]);
    expect(bad.status).toBe(5);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      good: false,
      problems: [{ line: at + 1, why: expect.stringContaining("digest does not match") }],
      summary: "different",
    });
  });

  test("a report can be written again from the record", (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const again = join(folder, "again.html");
    expect(tare(["report", join(folder, "whole"), "--out", again]).status).toBe(0);
    expect(readFileSync(again, "utf8")).toBe(readFileSync(join(folder, "whole.html"), "utf8"));
  });
});

describe("an interruption", () => {
  test("by Ctrl-C stops everything, exits with 130, keeps the record, and the run can be resumed to the same plan", async (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const out = join(folder, "interrupted");
    const report = join(folder, "interrupted.html");
    const args = ["run", ...SMALLEST, "--blocks", "2", "--seed", "4", "--out", out, "--report", report];
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await measuring(child, out);
    child.kill("SIGINT");
    expect(await ended(child)).toBe(130);
    expect(said).toContain("tare run --resume");
    expect(onTheNode(child.pid)).toEqual([]);
    expect(existsSync(journal)).toBe(false);
    const before = await readRecord(join(out, "record.jsonl"));
    expect(before.problems).toEqual([]);
    expect(before.lines.map((line) => line.type)).not.toContain("end");

    const resumed = tare(["run", "--resume", out, "--report", report, "--allow-foreign", "--json"]);
    expect(resumed.status).toBe(0);
    const summary = JSON.parse(resumed.stdout) as SummaryJson;
    expect(summary.run).toMatchObject({ blocks: 2, complete: true, seed: 4 });
    const after = await readRecord(join(out, "record.jsonl"));
    expect(after.problems).toEqual([]);
    expect(after.lines.slice(0, before.lines.length)).toEqual(before.lines);
    expect(tare(["run", "--resume", out]).stderr).toContain("nothing to resume");
  });

  test("by nobody reading along any more is none: it goes on to its end", async (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const out = join(folder, "unread");
    const args = ["run", ...SMALLEST, "--blocks", "1", "--out", out, "--report", join(folder, "unread.html")];
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    const end = ended(child);
    await measuring(child, out);
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await end).toBe(0);
    const record = await readRecord(join(out, "record.jsonl"));
    expect(record.problems).toEqual([]);
    expect(record.lines.at(-1)).toMatchObject({ type: "end" });
    expect(existsSync(join(folder, "unread.html"))).toBe(true);
    expect(onTheNode(child.pid)).toEqual([]);
    expect(existsSync(journal)).toBe(false);
  });

  test("by kill -9 is undone by the next command", async (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    const out = join(folder, "killed");
    const args = ["run", ...SMALL, "--blocks", "3", "--out", out, "--report", join(folder, "killed.html")];
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: "ignore" });
    await measuring(child, out);
    const second = tare(["run", ...SMALL, "--blocks", "1", "--out", join(folder, "second")]);
    expect(second).toMatchObject({
      status: 3,
      stderr: expect.stringContaining(`another tare (pid ${child.pid})`),
    });
    child.kill("SIGKILL");
    await ended(child);
    expect(onTheNode(child.pid)).not.toEqual([]);
    const cleaned = tare(["clean"]);
    expect(cleaned.status).toBe(0);
    expect(cleaned.stderr).toContain("undid what run");
    expect(onTheNode(child.pid)).toEqual([]);
    expect(existsSync(journal)).toBe(false);
    expect(tare(["clean"]).stdout).toContain("nothing to clean");
  });
});
