/** Whether a node has room for a storm or a rising load, before it and while it lasts. */
import { describe, expect, test } from "vitest";
import { NodeShort, shortageOf, watchNode } from "../../src/run/watch-node.ts";
import { FakeHost } from "../support/fake-host.ts";

const memory = (availableKib: number): string => `MemTotal:  8000000 kB\nMemAvailable: ${availableKib} kB\n`;
const load = (tasks: number): string => `0.20 0.18 0.12 1/${tasks} 11206\n`;

const ROOMY = {
  meminfo: memory(4_000_000),
  loadavg: load(200),
  maxTasks: 32_768,
  disks: [{ path: "/var/tmp", freeBytes: 2 ** 31 }],
};

describe("a node", () => {
  test.each([
    ["has too little memory", { meminfo: memory(799_000) }, "780 MiB of 7812 were left of the node's memory"],
    ["has too many processes", { loadavg: load(16_385) }, "16385 processes and threads were on the node"],
    [
      "has a disk that is full",
      { disks: [...ROOMY.disks, { path: "/srv", freeBytes: 2 ** 29 }] },
      "/srv had 512 MiB left",
    ],
  ])("%s", (_, changed, why) => {
    expect(shortageOf({ ...ROOMY, ...changed })).toContain(why);
  });

  test("has room, also where it does not tell", () => {
    expect(shortageOf(ROOMY)).toBeUndefined();
    expect(shortageOf({ meminfo: "", loadavg: "", maxTasks: Infinity, disks: [] })).toBeUndefined();
  });
});

test("a storm is ended once the node runs short, with the reason", async () => {
  const host = new FakeHost({
    files: {
      "/proc/meminfo": memory(4_000_000),
      "/proc/loadavg": load(100),
      "/proc/sys/kernel/pid_max": "4194304\n",
      "/proc/sys/kernel/threads-max": "1000\n",
    },
  });
  const watch = await watchNode(host, ["/var/tmp"], "storm");
  await host.pass(500);
  await watch.look();
  expect([await watch.shortage(), watch.signal.aborted]).toEqual([undefined, false]);
  host.files.set("/proc/loadavg", load(501));
  await host.pass(500);
  expect(watch.signal.aborted).toBe(true);
  expect(watch.signal.reason).toBeInstanceOf(NodeShort);
  const why = "501 processes and threads were on the node, which has room for 1000";
  expect(watch.signal.reason).toMatchObject({ stage: "storm", message: `the storm was ended: ${why}`, why });
  await expect(watch.look()).rejects.toThrow(why);
  await watch.close();
});
