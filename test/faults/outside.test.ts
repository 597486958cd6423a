/**
 * The run ends while the disk of an agent is slow, or full: killed, or by Ctrl-C. The disk is let go at once, and nothing of it stays: no mount, no
 * loop device, no limit, no file.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runTare, startTare } from "./held-run.ts";
import { leftovers, nodeState, processesOf } from "./leftovers.ts";
import { openPlace, whyNoPlace } from "./place.ts";

const THROTTLES = ["/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device", "/sys/fs/cgroup/tare-*/io.max"];

/** Limits of disks, on the whole node. */
const limits = (): readonly string[] =>
  spawnSync("sh", ["-c", `cat ${THROTTLES.join(" ")} 2>/dev/null`], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line !== "");

const loops = (): readonly string[] =>
  spawnSync("losetup", ["--noheadings", "--output", "NAME,BACK-FILE"], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line.includes("/tare-") && line.includes("/disk/image"));

const hasArgument = (argument: (text: string) => boolean): boolean =>
  readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").some(argument);
    } catch {
      return false;
    }
  });

const MOMENTS = {
  "disk-slow": () => limits().length > 0,
  "disk-full": () => hasArgument((text) => /^\/var\/tmp\/tare-.*\/filler$/.test(text)),
} as const;

/** With which status run and `tare clean` end, and what the latter says. */
const ENDS = [
  { signal: "SIGKILL", ends: [null, 0], said: "small disk in" },
  { signal: "SIGINT", ends: [130, 0], said: "othing" },
] as const;

const CASES = (["disk-slow", "disk-full"] as const).flatMap((outside) =>
  ENDS.map((one) => ({ outside, ...one })),
);

test.for(CASES)(
  "$outside, $signal: the disk is let go, and nothing stays",
  async ({ outside, signal, ends, said }, context) => {
    const obstacle = whyNoPlace();
    if (obstacle !== undefined) return context.skip(obstacle);
    const place = await openPlace({ audit: false });
    const before = nodeState(place);
    const loopsBefore = loops();
    try {
      const about = ["--agents", "sensor", "--scenarios", "file-open", "--profile", "smoke", "--blocks", "1"];
      const out = join(place.work, "results/run");
      const paths = ["--out", out, "--report", join(place.work, "page.html")];
      const tare = startTare(place, ["run", ...about, "--backpressure", "--allow-foreign", ...paths]);
      try {
        await expect
          .poll(() => tare.child.exitCode !== null || MOMENTS[outside](), { timeout: 120_000, interval: 2 })
          .toBe(true);
        expect([tare.child.exitCode, tare.said()]).toEqual([null, expect.any(String)]);
      } finally {
        tare.child.kill(signal);
      }
      const { code } = await tare.exited;
      const run = { pid: tare.pid, flags: `/var/tmp/tare-${tare.pid}-` };
      await expect.poll(limits).toEqual([]);
      await expect.poll(() => processesOf(run)).toEqual([]);
      // Interrupted, it has put everything back by itself.
      const clean = await runTare(place, ["clean"]);
      expect([code, clean.status, clean.said]).toEqual([...ends, expect.stringContaining(said) as string]);
      expect(leftovers(before, place, run)).toEqual([]);
      expect(loops()).toEqual(loopsBefore);
    } finally {
      // Once more, for a test that failed before it.
      await runTare(place, ["clean"]);
      await place.close();
    }
  },
);
