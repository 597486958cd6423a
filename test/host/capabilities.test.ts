import { describe, expect, test } from "vitest";
import type { Completed } from "../../src/domain/host.ts";
import { notMeasurable, probeCapabilities } from "../../src/host/capabilities.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

test("a node that has nothing is told for each lack what is missing without it, and what to do", async () => {
  // A kernel that is locked down shows that; none of its files is there to be found lacking.
  const capabilities = (await probeCapabilities(new FakeHost({ uid: 1000 }))).filter(
    ({ id }) => id !== "lockdown",
  );
  expect(capabilities.filter(({ available }) => available)).toEqual([]);
  for (const { title, detail, without, fix } of capabilities)
    for (const text of [title, detail, without, fix]) expect(text, `of ${title}`).toMatch(/\w{3}/);
  expect(notMeasurable(capabilities)).toHaveLength(capabilities.length);
});

test("what is there needs no fix", async () => {
  const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
  const found = (await probeCapabilities(host)).filter(({ available }) => available);
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter(({ fix }) => fix !== "")).toEqual([]);
});

test("kprobes are not denied where nobody can look", async () => {
  const capabilities = await probeCapabilities(new FakeHost());
  expect(capabilities.find(({ id }) => id === "kprobes")?.detail).toContain("cannot be told");
});

describe("hardware counters", () => {
  const lookAt = async (...files: readonly string[]) => {
    const below = files.map((file) => [`/sys/bus/event_source/devices/${file}`, ""]);
    const capabilities = await probeCapabilities(new FakeHost({ files: Object.fromEntries(below) }));
    return capabilities.find(({ id }) => id === "counters")?.available;
  };

  test.each([
    ["of x86", ["cpu/events/cpu-cycles", "cpu/type"]],
    ["of a hybrid", ["cpu_core/events/cpu-cycles"]],
    ["of Arm's 64-bit cores", ["armv8_pmuv3_0/events/cpu_cycles"]],
    ["of Arm's next cores", ["armv9_cortex_x4/events/cpu_cycles"]],
    ["of Apple's", ["apple_firestorm_pmu/events/cycles", "apple_firestorm_pmu/cpus"]],
    ["of IBM Z", ["cpum_cf/events/CPU_CYCLES"]],
  ])("%s are known by what they count", async (_, files) => {
    expect(await lookAt(...files)).toBe(true);
  });

  test.each([
    ["a cache's", ["arm_dsu_0/events/cycles", "arm_dsu_0/cpumask"]],
    ["an interface's named after the CPU", ["cpu_thermal/type"]],
    ["the kernel's own", ["software/type", "tracepoint/type", "msr/events/tsc"]],
  ])("%s are none", async (_, files) => {
    expect(await lookAt(...files)).toBe(false);
  });
});

describe("a cgroup for each agent", () => {
  const lookAt = async (...mounts: readonly string[]) => {
    const host = new FakeHost({ files: { "/proc/self/mounts": `${mounts.join("\n")}\n` } });
    return (await probeCapabilities(host)).find(({ id }) => id === "cgroup");
  };

  test("is there in the hierarchy that a run would use", async () => {
    const unified = "cgroup2 /cg/unified cgroup2 rw 0 0";
    expect(await lookAt(unified, "cgroup /cg/cpu cgroup rw,cpuacct 0 0")).toMatchObject({
      available: true,
      detail: "version 1 (cpuacct)",
    });
    expect(await lookAt(unified, "cgroup /cg/cpu cgroup ro,cpuacct 0 0")).toMatchObject({
      available: true,
      detail: "version 2",
    });
  });

  test("is not there where it is mounted read-only", async () => {
    expect(await lookAt("cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0")).toMatchObject({
      available: false,
      detail: "/sys/fs/cgroup is mounted read-only",
      fix: expect.stringContaining("remount") as string,
    });
  });
});

describe("the list of BPF programs", () => {
  const lookWith = async (answer: Partial<Completed>) => {
    const host = new FakeHost({ programs: { bpftool: "/sbin/bpftool" }, answer: () => answer });
    return (await probeCapabilities(host)).find(({ id }) => id === "bpftool");
  };

  test("is there where bpftool lists them", async () => {
    expect(await lookWith({ stdout: "[]" })).toMatchObject({ available: true, detail: "/sbin/bpftool" });
  });

  test("is not there where it only says why not", async () => {
    expect(await lookWith({ exitCode: 2, stderr: "WARNING: not found for kernel 6.8\n" })).toMatchObject({
      available: false,
      detail: "/sbin/bpftool: WARNING: not found for kernel 6.8",
      fix: expect.stringContaining("linux-tools") as string,
    });
    expect(await lookWith({ exitCode: 255, stdout: '{"error":"not permitted"}' })).toMatchObject({
      available: false,
    });
  });
});
