/** tare-floor, which the sensor's cost is held against: a record for each call under every hook, each of them counted, and nothing left. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { forEachHook, OBSTACLE } from "./observing.ts";
import { type Json, ROOT, parseLines, trigger } from "./sensor.ts";

const FLOOR = join(ROOT, "build/bpf/floor/tare-floor");

const directory = temporaryFolder();

/** What the floor counts of each family. */
const CALLS = {
  exec: { count: 20, call: (count: number) => trigger("short-lives", String(count)) },
  file: { count: 5_000, call: (count: number) => trigger("burst", "/nonexistent/floor", String(count)) },
  network: {
    count: 20,
    call: (count: number) => {
      for (let done = 0; done < count; done++) trigger("connect", "127.1.2.3", "9");
    },
  },
} as const;

for (const [family, { count, call }] of Object.entries(CALLS))
  forEachHook(family, ({ hook }) => {
    test.each([
      ["bare bytes of the size asked for", `--text-bytes=${family}=40`],
      ["the fields of an event", `--fields=${family}`],
    ])("the floor submits %s with each call, and counts them", async (_records, asked) => {
      const report = join(directory, `${hook} ${asked}`.replaceAll("/", "-"));
      const floor = spawn(FLOOR, [`--report=${report}`, asked, `--hook=${family}=${hook}`], {
        stdio: "pipe",
      });
      const exited = once(floor, "close");
      try {
        const [said] = (await once(createInterface(floor.stderr), "line")) as [string];
        expect(JSON.parse(said)).toEqual({ ready: true, hooks: { [family]: hook } });
        call(count);
        floor.kill("SIGUSR1");
        const lines = (): readonly Json[] =>
          existsSync(report) ? parseLines(readFileSync(report, "utf8")) : [];
        await expect.poll(lines).toHaveLength(1);
        const [line] = lines();
        expect(line?.["operations"]).toBeGreaterThanOrEqual(count);
        expect(line?.["discarded"]).toBe(0);
        floor.kill("SIGTERM");
        expect(await exited).toEqual([0, null]);
      } finally {
        floor.kill("SIGKILL");
      }
      // The kernel frees programs a moment after the process that held them.
      await expect
        .poll(() => spawnSync("bpftool", ["prog", "list"], { encoding: "utf8" }).stdout)
        .not.toContain("tare_floor");
    });
  });

describe.skipIf(OBSTACLE !== undefined)("the floor", () => {
  test.each([
    [["--text-bytes=file=40"], "--report is missing"],
    [["--report=/dev/null", "--fields=file", "--hook=file=no/hook"], 'file has no hook "no/hook"'],
    [["--report=/dev/null"], "neither --fields nor --text-bytes"],
    [["--report=/dev/null", "--fields=file,exit"], "exit has no floor"],
    [["--report=/dev/null", "--text-bytes=exit=1"], "is not FAMILY=N"],
    [["--report=/dev/null", "--text-bytes=file=99999"], "is not a whole number from 0 to 4096"],
  ])("%j is a usage error", (args, message) => {
    const { status, stderr } = spawnSync(FLOOR, args, { encoding: "utf8" });
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
