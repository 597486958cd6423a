/** `kill -9` in the middle of a rising load: nothing of it goes on, and the next command puts back what is left. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runTare, startTare } from "./held-run.ts";
import { leftovers, nodeState, processesOf } from "./leftovers.ts";
import { openPlace, whyNoPlace } from "./place.ts";

interface Moment {
  readonly title: string;
  /** Of a worker's flags. */
  readonly isIn: (flag: (name: string) => string | undefined) => boolean;
}

/** As run-load.ts has them: a pilot of 300 operations, then 200 a second. */
const SEARCH: Moment = {
  title: "a search",
  isIn: (flag) => flag("mode") === "open" && Number(flag("rate")) > 200,
};
const OVERLOAD: Moment = {
  title: "an overload",
  isIn: (flag) => flag("mode") === "closed" && Number(flag("batch-operations")) > 300,
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

/** More than it takes to warm up: it is in its window. */
const MIN_TICKS = 10;
const MIN_SWITCHES = 100;

const hasBegun = (pid: string): boolean => {
  const fields = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /, "")
    .split(" ");
  const switches = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return Number(fields[11]) + Number(fields[12]) >= MIN_TICKS || Number(switches) >= MIN_SWITCHES;
};

/** Whether a worker of the run is in the middle of such a window. */
const isAt = (run: number, { isIn }: Moment): boolean =>
  readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const args = textOf(`/proc/${pid}/cmdline`).split("\0");
    const flag = (name: string): string | undefined =>
      args.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
    return (
      flag("worker") !== undefined &&
      flag("directory")?.startsWith(`/var/tmp/tare-${run}-`) === true &&
      isIn(flag) &&
      hasBegun(pid)
    );
  });

const auditRules = (): string => spawnSync("auditctl", ["-l"], { encoding: "utf8" }).stdout ?? "";

const CASES = [
  { agent: "calibration-rate@1000", asked: "knee-open", moment: SEARCH },
  { agent: "auditd@blocking", asked: "knee-exec", moment: OVERLOAD },
] as const;

const named = CASES.map((one) => ({ ...one, when: one.moment.title }));

test.for(named)("$agent in $when: nothing outlives tare", async ({ agent, asked, moment }, context) => {
  const obstacle = whyNoPlace();
  if (obstacle !== undefined) return context.skip(obstacle);
  const place = await openPlace({ audit: true });
  const before = nodeState(place);
  const rules = auditRules();
  try {
    const about = ["--agents", agent, "--scenarios", asked, "--allow-foreign"];
    const planned = await runTare(place, ["run", "--dry-run", ...about]);
    // An agent that is not on this node is wrong usage.
    if (planned.status === 2) return context.skip(`${agent}: ${planned.said.trim()}`);
    expect(planned).toMatchObject({ status: 0 });
    const out = join(place.work, "results/run");
    const tare = startTare(place, ["run", ...about, "--out", out, "--report", join(place.work, "page.html")]);
    try {
      await expect
        .poll(() => tare.child.exitCode !== null || isAt(tare.pid, moment), {
          timeout: 120_000,
          interval: 20,
        })
        .toBe(true);
      expect([tare.child.exitCode, tare.said()]).toEqual([null, expect.any(String)]);
    } finally {
      tare.child.kill("SIGKILL");
    }
    await tare.exited;
    const run = { pid: tare.pid, flags: `/var/tmp/tare-${tare.pid}-` };
    // Well before any guard's time is over.
    await expect.poll(() => processesOf(run)).toEqual([]);
    const clean = await runTare(place, ["clean"]);
    expect([clean.status, clean.said]).toEqual([0, expect.stringContaining("undid") as string]);
    expect(leftovers(before, place, run)).toEqual([]);
    expect(auditRules()).toBe(rules);
  } finally {
    // Once more, for a test that failed before it.
    await runTare(place, ["clean"]);
    await place.close();
  }
});
