/** How long the node's CPUs were busy, by the best clock that it shows. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import {
  busyBetween,
  findNodeClock,
  parseProcStat,
  parseRunTime,
  readSteal,
} from "../../src/observe/node-clock.ts";
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

const SECOND = 1e9;
/** What every CPU shows, in the order of the kernel: user nice system idle iowait irq softirq steal guest guest_nice. */
const statOf = (cpus: readonly number[], total: string): string =>
  [`cpu  ${total}`, ...cpus.map((cpu) => `cpu${cpu} ${total}`), "intr 0", ""].join("\n");
const TWO = [0, 1];
const TICKS = { clock: "ticks", path: "/proc/stat" } as const;

describe("a /proc/stat that counts something else than this node's time", () => {
  const look = (before: string, after: string) => {
    const snapshots = [{ path: "/proc/stat", before, after }];
    return { busy: busyBetween(snapshots, TICKS, SECOND), steal: readSteal(snapshots, SECOND).stealNs };
  };
  const START = "700 0 90 40000 300 0 5 60 0 0";

  test("an ordinary second is what it says", () => {
    expect(look(statOf(TWO, START), statOf(TWO, "730 0 100 40150 305 0 6 64 0 0"))).toEqual({
      busy: value(0.41e9),
      steal: value(0.04e9),
    });
  });

  test.each([
    [
      "a sandbox that shows zeros",
      statOf([0, 1, 2, 3], "0 0 0 0 0 0 0 0 0 0"),
      statOf([0, 1, 2, 3], "0 0 0 0 0 0 0 0 0 0"),
    ],
    ["idle time that stands still", statOf(TWO, START), statOf(TWO, "704 0 91 40000 300 0 5 60 0 0")],
    [
      "a number that no double holds",
      statOf(TWO, "7 0 0 8317131874320235395 0 0 0 0 0 0"),
      statOf(TWO, "9 0 0 8317131874320235395 0 0 0 0 0 0"),
    ],
    ["steal that goes back", statOf(TWO, START), statOf(TWO, "730 0 100 40214 305 0 6 2 0 0")],
    [
      "a container's share of a larger node's idle time",
      statOf(TWO, START),
      statOf(TWO, "730 0 100 41200 305 0 6 64 0 0"),
    ],
    ["a CPU that went", statOf([0, 1, 2], START), statOf(TWO, "730 0 100 40250 305 0 6 64 0 0")],
    [
      "a CPU that came in place of another",
      statOf([0, 2], START),
      statOf([0, 3], "730 0 100 40150 305 0 6 64 0 0"),
    ],
  ])("%s is missing, both busy and stolen", (_, before, after) => {
    expect(look(before, after)).toMatchObject({ busy: { kind: "missing" }, steal: { kind: "missing" } });
  });
});

test("idle time that goes back leaves the busy time unknown", () => {
  const after = statOf(TWO, "830 0 200 39990 305 0 6 64 0 0");
  const before = statOf(TWO, "700 0 90 40000 300 0 5 60 0 0");
  expect(busyBetween([{ path: "/proc/stat", before, after }], TICKS, SECOND).kind).toBe("missing");
});

describe("a clock in nanoseconds that cannot be the node's", () => {
  const stat = {
    path: "/proc/stat",
    before: statOf(TWO, "0 0 0 0 0 0 0 0"),
    after: statOf(TWO, "20 0 0 180 0 0 0 0"),
  };
  const CPUACCT_CLOCK = { clock: "cpuacct", path: "/u" } as const;
  const busyOf = (before: string, after: string) =>
    busyBetween([stat, { path: "/u", before, after }], CPUACCT_CLOCK, SECOND);

  test.each([
    [
      "counts more than all CPUs can do",
      "0\n",
      "2100000000\n",
      "/u: 2100000000 ns in a window of 1000000000 ns, which is more than 2 CPUs can do",
    ],
    ["goes back", "500\n", "100\n", "/u: its counter went down by 400 meanwhile"],
    ["stands still", "500\n", "500\n", "/u stood still while the workload ran"],
  ])("because it %s", (_, before, after, reason) => {
    expect(busyOf(before, after)).toEqual(missing(reason));
  });

  test("is believed up to what they can do", () => {
    expect(busyOf("0\n", "2000000000\n")).toEqual(value(2e9));
  });

  test("because it loses a CPU", () => {
    const before = SCHEDSTAT;
    const after = SCHEDSTAT.replace(/^cpu1 .*\n/m, "");
    const clock = { clock: "schedstat", path: "/proc/schedstat" } as const;
    expect(busyBetween([{ path: clock.path, before, after }], clock, undefined)).toEqual(
      missing("/proc/schedstat: a CPU came or went meanwhile (2 before, 1 after)"),
    );
  });
});
