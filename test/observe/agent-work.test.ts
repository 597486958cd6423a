import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import {
  memoryStatOf,
  modeFiles,
  parseCharged,
  parseStorageBytes,
  parseSwitches,
  readWork,
  workBetween,
} from "../../src/observe/agent-work.ts";
import { FakeHost } from "../support/fake-host.ts";

test("of this kernel's own files wake-ups and bytes can be read", () => {
  expect(parseSwitches(readFileSync("/proc/thread-self/status", "utf8"))).toBeGreaterThanOrEqual(0);
  expect(parseStorageBytes(readFileSync("/proc/self/io", "utf8"))).toBeGreaterThanOrEqual(0);
});

test.each([
  ["version 2", "anon 4096\nfile 81920\nkernel 1024\nkernel_stack 512\n", 5120],
  ["version 2 before Linux 5.18", "anon 4096\nfile 81920\nkernel_stack 512\n", 4096],
  ["version 1", "cache 81920\nrss 4096\ntotal_cache 81920\ntotal_rss 8192\n", 8192],
  ["nothing known", "hello 1\n", undefined],
])("what a cgroup is charged for is without files: %s", (_, text, bytes) => {
  expect(parseCharged(text)).toBe(bytes);
});

test.each([
  ["/cg/x/memory.peak", "/cg/x/memory.stat"],
  ["/cg/memory/x/memory.max_usage_in_bytes", "/cg/memory/x/memory.stat"],
  [undefined, undefined],
])("beside %s lies %s", (peak, stat) => {
  expect(memoryStatOf(peak)).toBe(stat);
});

describe("CPU time by mode", () => {
  test("of version 2 is in one file, in microseconds", () => {
    const { user, system } = modeFiles("/cg/x/cpu.stat");
    const text = "usage_usec 42\nuser_usec 40\nsystem_usec 2\n";
    expect([user.path, user.parse(text), system.path, system.parse(text)]).toEqual([
      "/cg/x/cpu.stat",
      40_000,
      "/cg/x/cpu.stat",
      2000,
    ]);
  });

  test("of version 1 is in two, in nanoseconds", () => {
    const { user, system } = modeFiles("/cg/x/cpuacct.usage");
    expect([user.path, user.parse("7\n"), system.path, system.parse("none")]).toEqual([
      "/cg/x/cpuacct.usage_user",
      7,
      "/cg/x/cpuacct.usage_sys",
      undefined,
    ]);
  });
});

const status = (count: number): string => `Name:\tx\nvoluntary_ctxt_switches:\t${count}\n`;

describe("work between two looks", () => {
  const host = new FakeHost({
    files: {
      "/proc/7/task/7/status": status(100),
      "/proc/7/task/8/status": status(5),
      "/proc/7/io": "rchar: 1\nwrite_bytes: 4096\n",
    },
  });

  test("is what each thread and process did since, and all that later ones did", async () => {
    const before = await readWork(host, [7]);
    host.files.set("/proc/7/task/7/status", status(130));
    host.files.delete("/proc/7/task/8/status");
    host.files.set("/proc/7/task/9/status", status(4));
    host.files.set("/proc/7/io", "rchar: 1\nwrite_bytes: 12288\n");
    expect(workBetween(before, await readWork(host, [7]))).toEqual({
      wakeUps: value(34),
      threadsEnded: 1,
      storageBytes: value(8192),
    });
  });

  test("is missing where no process tells", async () => {
    const none = await readWork(host, []);
    expect(workBetween(none, none)).toEqual({
      wakeUps: missing("wake-ups: no process of it tells"),
      threadsEnded: 0,
      storageBytes: missing("bytes to storage: no process of it tells"),
    });
  });
});
