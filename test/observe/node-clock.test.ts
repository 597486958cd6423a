/** How long the node's CPUs were busy, by the best clock that it shows. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { busyBetween, findNodeClock, parseProcStat, parseRunTime } from "../../src/observe/node-clock.ts";
import { sinceWindow } from "../../src/observe/snapshots.ts";
import { FakeHost } from "../support/fake-host.ts";

const CPUACCT = {
  "/proc/self/mounts": "cgroup /cg/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n",
  "/cg/cpu,cpuacct/cpuacct.usage": "17984294859819\n",
  "/cg/cpu,cpuacct/cgroup.procs": "1\n2\n3\n",
};
/** Linux 6.12 on a guest with two CPUs. */
const SCHEDSTAT = `version 17
timestamp 4294941890
cpu0 0 0 0 0 0 0 5304180322 130481370 14480
domain0 MC 00000003 0 0 0 0 0 0 0 0
cpu1 0 0 0 0 0 0 4203441009 210398124 15211
domain0 MC 00000003 0 0 0 0 0 0 0 0
`;

const clockOf = async (files: Readonly<Record<string, string>>) =>
  await findNodeClock(new FakeHost({ files }));

describe("the node's clock", () => {
  test("is the root cgroup's where there is one", async () => {
    expect(await clockOf({ ...CPUACCT, "/proc/schedstat": SCHEDSTAT })).toEqual({
      clock: "cpuacct",
      path: "/cg/cpu,cpuacct/cpuacct.usage",
    });
  });

  test("is not a cgroup that holds a part of the node, as a container sees", async () => {
    expect(await clockOf({ ...CPUACCT, "/cg/cpu,cpuacct/cgroup.procs": "1\n12\n" })).toMatchObject({
      clock: "ticks",
    });
  });

  test("is the scheduler's statistics by CPU, or else ticks", async () => {
    expect(await clockOf({ "/proc/schedstat": SCHEDSTAT })).toEqual({
      clock: "schedstat",
      path: "/proc/schedstat",
    });
    expect(await clockOf({})).toEqual({ clock: "ticks", path: "/proc/stat" });
  });

  test("of every CPU is added up", () => {
    expect(parseRunTime(SCHEDSTAT)).toBe(5304180322 + 4203441009);
    expect(parseRunTime("version 17\ntimestamp 1\n")).toBeUndefined();
    expect(parseRunTime("cpu0 0 0 0\n")).toBeUndefined();
  });

  test("in ticks can be read on this kernel", () => {
    expect(parseProcStat(readFileSync("/proc/stat", "utf8"))?.cpus).toBeGreaterThan(0);
  });
});

describe("busy time between two snapshots", () => {
  test("is the increase of a clock in nanoseconds, however long that was", () => {
    const usage = [{ path: "/u", before: "1000\n", after: "51000\n" }];
    expect(busyBetween(usage, { clock: "cpuacct", path: "/u" }, undefined)).toEqual(value(50_000));
    const later = SCHEDSTAT.replace("5304180322", "5304190322");
    const times = [{ path: "/s", before: SCHEDSTAT, after: later }];
    expect(busyBetween(times, { clock: "schedstat", path: "/s" }, undefined)).toEqual(value(10_000));
  });

  test("in ticks needs the wall time", () => {
    expect(busyBetween([], { clock: "ticks", path: "/proc/stat" }, undefined)).toEqual(
      missing("the node's clock has ticks of 10 ms only"),
    );
  });
});

describe("the readings since the window", () => {
  const window = { path: "/u", before: "1", after: "5" };

  test("go from its end to the third reading", () => {
    expect(sinceWindow([window], [{ path: "/u", text: "9" }])).toEqual([
      { path: "/u", before: "5", after: "9" },
    ]);
  });

  test("keep why a file could not be read, and lack one that was not read again", () => {
    const failed = { path: "/u", error: "ESRCH" };
    expect(sinceWindow([window], [failed])).toEqual([failed]);
    expect(sinceWindow([failed], [{ path: "/u", text: "9" }])).toEqual([failed]);
    expect(sinceWindow([window], [])).toEqual([]);
  });
});
