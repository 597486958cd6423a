/** tare-floor, which the sensor's cost is held against: a record for each call, each of them counted, and nothing left. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { OBSTACLE } from "./observing.ts";
import { type Json, ROOT, parseLines, trigger } from "./sensor.ts";

const FLOOR = join(ROOT, "build/bpf/floor/tare-floor");
const BURST = 5_000;

const directory = temporaryFolder();

describe.skipIf(OBSTACLE !== undefined)("the floor", () => {
  test.each([
    ["bare bytes of the size asked for", "--text-bytes=file=40"],
    ["the fields of an event", "--fields=file"],
  ])("submits %s with each call, and counts them", async (_records, asked) => {
    const report = join(directory, asked);
    const floor = spawn(FLOOR, [`--report=${report}`, asked], { stdio: "pipe" });
    const exited = once(floor, "close");
    try {
      const [said] = (await once(createInterface(floor.stderr), "line")) as [string];
      expect(JSON.parse(said)).toMatchObject({ ready: true });
      trigger("burst", "/nonexistent/floor", String(BURST));
      floor.kill("SIGUSR1");
      const lines = (): readonly Json[] =>
        existsSync(report) ? parseLines(readFileSync(report, "utf8")) : [];
      await expect.poll(lines).toHaveLength(1);
      const [line] = lines();
      expect(line?.["operations"]).toBeGreaterThanOrEqual(BURST);
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

  test.each([
    [["--text-bytes=file=40"], "--report is missing"],
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
