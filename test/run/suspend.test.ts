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

const becomes = async (pid: number, state: string | undefined): Promise<void> => {
  await expect.poll(() => stateOf(pid)).toBe(state);
};

/** A program that suspends the given process for an hour and then waits to be killed. */
const SUSPENDER = `
import { createHost } from "${ROOT}/src/host/host.ts";
import { suspend } from "${ROOT}/src/run/suspend.ts";
const [journalDirectory, stderr, pid] = process.argv.slice(1);
const host = createHost({ root: "${ROOT}", journalDirectory });
await suspend(host, host.effects.scope("test"), [Number(pid)], stderr, new AbortController().signal, 3600);
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
      await becomes(target.pid, "T");
      suspension.release();
      await becomes(target.pid, "S");
      host.signal(target.pid, "SIGSTOP");
      await becomes(target.pid, "T");
      expect(await scope.undo()).toEqual([]);
      await becomes(target.pid, "S");
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
      await becomes(pid, "T");
      tare.kill("SIGKILL");
      await becomes(pid, "S");
      await becomes(tare.pid ?? 0, undefined);
      const [left] = await findJournals(journal);
      expect(left?.owner).toBeUndefined();
      if (left === undefined) throw new Error("the killed process left no journal");
      const { undone, problems } = await cleanUp(journal, left);
      expect(problems).toEqual([]);
      expect(undone).toContain(`process ${pid} stopped by SIGSTOP`);
      await becomes(pid, "S");
    } finally {
      tare.kill("SIGKILL");
      target.kill("SIGKILL");
    }
  });
});
