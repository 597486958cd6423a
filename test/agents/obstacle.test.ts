/** What stands between an agent and a kernel: asked of the kernel or of its maker's own numbers, not guessed from the version. */
import { describe, expect, test } from "vitest";
import { needsBtf, needsKernel, needsKprobes, needsTracepoint } from "../../src/agents/shared/obstacle.ts";
import { probeCapabilities } from "../../src/host/capabilities.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";

const RING = needsKernel(5, 8, "which has the ring buffer", "ringbuf");
const OLDEST = needsKernel(5, 4, "the oldest that it supports");
const onKernel = (release: string, more: FakeHostOptions = {}): FakeHost =>
  new FakeHost({ files: { "/proc/sys/kernel/osrelease": `${release}\n` }, ...more });

describe("a kernel's features", () => {
  test.each([
    "4.18.0-553.22.1.el8_10.x86_64",
    "4.18.0-372.9.1.el8.aarch64",
    "4.18.0-448.el8.x86_64+debug",
    "5.14.0-427.40.1.el9_4.x86_64",
    "5.8.0-63-generic",
    "6.6.64.2-1.azl3",
  ])("are there in %s", async (release) => {
    const host = onKernel(release);
    expect([await RING(host), await OLDEST(host)]).toEqual([undefined, undefined]);
    expect(host.done).toEqual([]);
  });

  test.each([
    "4.18.0-80.el8.x86_64",
    "4.18.0-348.el8.x86_64",
    "4.18.0-553-generic",
    "3.10.0-1160.el7.x86_64",
  ])("are not there in %s", async (release) => {
    const host = onKernel(release);
    for (const check of [RING, OLDEST]) {
      expect(await check(host)).toMatchObject({
        reason: expect.stringContaining(`this is ${release}`) as string,
      });
    }
  });

  test("of Red Hat's backports reach as far as they do", async () => {
    const newest = needsKernel(6, 1, "which has user ring buffers");
    expect(await newest(onKernel("4.18.0-553.22.1.el8_10.x86_64"))).toBeDefined();
  });

  const asked = (says: string): FakeHost =>
    onKernel("5.3.18-150300.59.93-default", {
      programs: { bpftool: "/sbin/bpftool" },
      answer: () => ({ stdout: says }),
    });

  test("are asked for where another maker may have backported them", async () => {
    expect(await RING(asked('{"map_types":{"have_ringbuf_map_type":true}}'))).toBeUndefined();
    expect(await RING(asked('{"map_types":{"have_ringbuf_map_type":false}}'))).toBeDefined();
    expect(await RING(asked('{"error":"not permitted"}'))).toBeDefined();
  });
});

describe("a kernel that gives nobody its memory", () => {
  const LOCKED = { "/sys/kernel/security/lockdown": "none integrity [confidentiality]\n" };
  const THERE = {
    "/sys/kernel/btf/vmlinux": "BTF",
    "/sys/kernel/tracing/kprobe_events": "",
    "/sys/kernel/tracing/events/syscalls/sys_enter_execve/id": "1",
  };
  const CHECKS = [needsBtf, needsKprobes, needsTracepoint("sys_enter_execve")];
  const obstaclesWith = async (files: Readonly<Record<string, string>>) => {
    const host = new FakeHost({ files: { ...THERE, ...files } });
    const lockdown = (await probeCapabilities(host)).find(({ id }) => id === "lockdown");
    return {
      doctor: lockdown?.available,
      agents: await Promise.all(CHECKS.map(async (check) => (await check(host))?.reason)),
    };
  };
  const reason = expect.stringContaining("locked down") as string;

  test.each([
    ["as it says itself", LOCKED],
    [
      "as it was booted, where securityfs is not to be seen",
      { "/proc/cmdline": "quiet lockdown=confidentiality ro\n" },
    ],
  ])("is named by doctor and by every agent that attaches to it, %s", async (_, files) => {
    expect(await obstaclesWith(files)).toEqual({ doctor: false, agents: [reason, reason, reason] });
  });

  test.each([
    [
      "locked down for integrity alone",
      { "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" },
    ],
    ["not locked down", { "/sys/kernel/security/lockdown": "[none] integrity confidentiality\n" }],
    [
      "relaxed after its boot",
      {
        "/sys/kernel/security/lockdown": "[none] integrity confidentiality\n",
        "/proc/cmdline": "lockdown=confidentiality\n",
      },
    ],
    ["without lockdown", {}],
  ])("is not one that is %s", async (_, files) => {
    expect(await obstaclesWith(files)).toEqual({ doctor: true, agents: [undefined, undefined, undefined] });
  });
});
