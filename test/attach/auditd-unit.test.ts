/**
 * The node's own auditd, a unit of a real systemd, measured where it is by the real program: a whole run, one that is interrupted, one that is
 * killed. It gets rules of its own for that, so it runs only on a machine that is thrown away afterwards, such as a guest.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Summary } from "../../src/domain/verdict.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const RULES = "/etc/audit/rules.d/tare-test.rules";
const MAIN = join(ROOT, "src/cli/main.ts");
const folder = temporaryFolder();
const journal = join(folder, "tare/journal");
const env = { ...process.env, TARE_JOURNAL: journal, NO_COLOR: "1" };

const said = (command: string, ...args: readonly string[]): string =>
  spawnSync(command, args, { encoding: "utf8" }).stdout.trim();

const whyNot = (): string | undefined => {
  if (process.env["TARE_TEST_DISPOSABLE"] !== "yes")
    return "it configures this machine's own auditd: TARE_TEST_DISPOSABLE=yes says that the machine is thrown away";
  if (process.getuid?.() !== 0) return "it needs root";
  if (!existsSync("/run/systemd/system")) return "systemd does not run here";
  return said("systemctl", "cat", "auditd.service") === "" ? "there is no auditd.service" : undefined;
};

/** What an owner may have: the events of all three families, in the order of the workloads' use. */
const OWNERS_RULES = [
  "-a always,exit -F arch=b64 -S execve,execveat -F key=owner-exec",
  "-a always,exit -F arch=b64 -S openat,openat2 -F key=owner-open",
  "-a always,exit -F arch=b64 -S connect -F key=owner-connect",
];

/** What must be the same before and after: the unit, its rules, and the kernel's settings (not who owns it and what it counts). */
const asItIs = (): object => ({
  active: said("systemctl", "is-active", "auditd"),
  enabled: said("systemctl", "is-enabled", "auditd"),
  rules: said("auditctl", "-l").split("\n"),
  settings: said("auditctl", "-s")
    .split("\n")
    .filter((line) => /^(enabled|failure|rate_limit|backlog_limit|backlog_wait_time) /.test(line)),
});

let before: object = {};
const reason = whyNot();

beforeAll(() => {
  if (reason !== undefined) return;
  mkdirSync("/etc/audit/rules.d", { recursive: true });
  writeFileSync(RULES, `${OWNERS_RULES.join("\n")}\n`);
  said("systemctl", "start", "auditd");
  before = asItIs();
});

afterAll(() => {
  if (reason !== undefined) return;
  said("systemctl", "stop", "auditd");
  said("auditctl", "-D");
  rmSync(RULES, { force: true });
});

const runArguments = (out: string, blocks: number): readonly string[] => {
  const workloads = "process-exec,file-open,network-connect";
  const files = ["--out", out, "--report", `${out}.html`, "--json"];
  const what = ["--agents", "sensor", "--scenarios", workloads, "--profile", "smoke", "--allow-foreign"];
  return [MAIN, "run", "--attach", "auditd", ...what, "--blocks", String(blocks), ...files];
};

/** Until the run is in its trials, and the unit runs or does not, as is wanted. */
const untilMeasuring = async (out: string, activity: string, ended: () => boolean): Promise<void> => {
  const record = join(out, "record.jsonl");
  const trials = (): number =>
    existsSync(record) ? readFileSync(record, "utf8").split('"type":"trial"').length - 1 : 0;
  while (!ended() && !(trials() > 1 && said("systemctl", "is-active", "auditd") === activity))
    await sleep(100);
};

/** Starts a run, sends it a signal in the middle, and tells how it ended. */
const signalled = async (out: string, signal: NodeJS.Signals, activity: "active" | "inactive") => {
  const child = spawn(process.execPath, runArguments(out, 5), { env, stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  child.stderr.on("data", (piece: Buffer) => {
    words += piece.toString();
  });
  let end: { readonly code: number | null; readonly by: NodeJS.Signals | null } | undefined;
  const closed = new Promise<void>((done) => {
    child.once("close", (code, by) => {
      end = { code, by };
      done();
    });
  });
  await untilMeasuring(out, activity, () => end !== undefined);
  child.kill(signal);
  await closed;
  return { end, words };
};

describe("auditd as a unit of its owner", () => {
  test("is as its owner set it up", (context) => {
    context.skip(reason !== undefined, reason);
    expect(before).toMatchObject({ active: "active", rules: OWNERS_RULES });
  });

  test("is measured in a whole run, and is then as it was", (context) => {
    context.skip(reason !== undefined, reason);
    const run = spawnSync(process.execPath, runArguments(join(folder, "whole"), 1), {
      env,
      encoding: "utf8",
    });
    const stderr = expect.not.stringContaining("error:") as string;
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr });
    const summary = JSON.parse(run.stdout) as Summary;
    expect(summary.run).toMatchObject({ complete: true, trials: { failed: 0 } });
    const ledger = summary.ledger.filter((row) => row.agent === "auditd@attached");
    expect(ledger.map((row) => row.scenario).toSorted()).toEqual([
      "file-open",
      "network-connect",
      "process-exec",
    ]);
    for (const row of ledger) {
      console.info(
        `auditd@attached, ${row.scenario}: delivered ${row.delivered} of ${row.operations}, declared lost ${row.declaredLost ?? "nothing countable"}`,
      );
      expect(row.delivered).toBe(row.operations);
    }
    expect(asItIs()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
  });

  test("is as it was after Ctrl-C in the middle", async (context) => {
    context.skip(reason !== undefined, reason);
    const { end, words } = await signalled(join(folder, "interrupted"), "SIGINT", "active");
    expect({ ...end, words }).toMatchObject({ code: 130, by: null });
    expect(asItIs()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
  });

  test("is as it was after a kill and `tare clean`", async (context) => {
    context.skip(reason !== undefined, reason);
    const { end, words } = await signalled(join(folder, "killed"), "SIGKILL", "inactive");
    expect({ ...end, words }).toMatchObject({ code: null, by: "SIGKILL" });
    expect(existsSync(journal)).toBe(true);
    const cleaned = spawnSync(process.execPath, [MAIN, "clean"], { env, encoding: "utf8" });
    expect(cleaned).toMatchObject({ status: 0, stderr: expect.stringContaining("undid what run") as string });
    expect(asItIs()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
  });
});
