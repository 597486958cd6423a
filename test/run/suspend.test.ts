/** A stopped process is continued on every path, on the real kernel: by the caller, by the journal, by the guard when tare is killed. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanUp } from "../../src/host/effects.ts";
import { findJournals } from "../../src/host/journal.ts";
import { createHost } from "../../src/host/host.ts";
import { suspend } from "../../src/run/suspend.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
let count = 0;

const place = (): string => {
  const path = join(folder, String(++count));
  mkdirSync(path);
  return path;
};

/** `T` where it is stopped, `S` where it sleeps; undefined when it is gone. */
const stateOf = (pid: number): string | undefined => {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
};

const becomes = async (pid: number, state: string | undefined): Promise<boolean> => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (stateOf(pid) === state) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
};

/** A program that suspends the given process and then waits to be killed. */
const SUSPENDER = `
import { createHost } from "${ROOT}/src/host/host.ts";
import { suspend } from "${ROOT}/src/run/suspend.ts";
const [journalDirectory, stderr, pid] = process.argv.slice(1);
const host = createHost({ root: "${ROOT}", journalDirectory });
await suspend(host, host.effects.scope("test"), [Number(pid)], stderr, new AbortController().signal);
console.log("suspended");
setInterval(() => undefined, 1000);
`;

describe("a suspension", () => {
  test("stops a process, and is ended by the caller, or by the undo of its scope", async () => {
    const here = place();
    const host = createHost({ root: ROOT, journalDirectory: join(here, "tare/journal") });
    const target = await host.start({
      command: "sleep",
      args: ["60"],
      stdout: join(here, "o"),
      stderr: join(here, "e"),
    });
    try {
      const scope = host.effects.scope("test");
      const { signal } = new AbortController();
      const suspension = await suspend(host, scope, [target.pid], join(here, "guard"), signal);
      expect(await becomes(target.pid, "T")).toBe(true);
      suspension.release();
      expect(await becomes(target.pid, "S")).toBe(true);
      host.signal(target.pid, "SIGSTOP");
      expect(await becomes(target.pid, "T")).toBe(true);
      expect(await scope.undo()).toEqual([]);
      expect(await becomes(target.pid, "S")).toBe(true);
    } finally {
      host.signal(target.pid, "SIGKILL");
    }
  });

  test("is ended by its guard when tare is killed, before anybody cleans up; cleaning up then finds nothing more to do", async () => {
    const here = place();
    const journal = join(here, "tare/journal");
    const target = spawn("sleep", ["60"]);
    const pid = target.pid ?? 0;
    const tare = spawn(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      SUSPENDER,
      "--",
      journal,
      join(here, "guard"),
      String(pid),
    ]);
    try {
      await new Promise((resolve) => tare.stdout.once("data", resolve));
      expect(await becomes(pid, "T")).toBe(true);
      tare.kill("SIGKILL");
      expect(await becomes(pid, "S")).toBe(true);
      expect(await becomes(tare.pid ?? 0, undefined)).toBe(true);
      const [left] = await findJournals(journal);
      expect(left?.owner).toBeUndefined();
      if (left === undefined) throw new Error("the killed process left no journal");
      const { undone, problems } = await cleanUp(journal, left);
      expect(problems).toEqual([]);
      expect(undone).toContain(`process ${pid} stopped by SIGSTOP`);
      expect(await becomes(pid, "S")).toBe(true);
    } finally {
      tare.kill("SIGKILL");
      target.kill("SIGKILL");
    }
  });
});
