/** An interrupted `npm run self-bench` ends what it measures with, which puts the node back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ROOT } from "./place.ts";

const folder = temporaryFolder();

/** Those whose journal is this one. */
const tares = (journal: string): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("src/cli/main.ts") &&
        readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TARE_JOURNAL=${journal}\0`)
      );
    } catch {
      return false;
    }
  });

test.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)(
  "%s: its tare ends, and nothing is left",
  async (signal) => {
    const journal = join(folder, signal, "tare/journal");
    const child = spawn(process.execPath, [join(ROOT, "scripts/self-bench.ts"), "harness"], {
      env: { ...process.env, TARE_JOURNAL: journal, TMPDIR: folder },
      stdio: "ignore",
    });
    const exited = once(child, "exit");
    await expect.poll(() => existsSync(journal), { timeout: 60_000 }).toBe(true);
    expect(tares(journal)).toHaveLength(1);
    child.kill(signal);
    expect(await exited).toEqual(signal === "SIGKILL" ? [null, "SIGKILL"] : [130, null]);
    await expect.poll(() => tares(journal)).toEqual([]);
    expect(existsSync(journal)).toBe(false);
    const left = readdirSync(folder).filter((name) => name.startsWith("tare-self-bench-"));
    // Nobody is there to remove it.
    expect(left).toHaveLength(signal === "SIGKILL" ? 1 : 0);
  },
);
