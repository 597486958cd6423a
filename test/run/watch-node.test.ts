/** Whether a node has room for a storm, before it and while it lasts. */
import { describe, expect, test } from "vitest";
import { StageFailure } from "../../src/run/context.ts";
import { scarcityOf, watchNode } from "../../src/run/watch-node.ts";
import { FakeHost } from "../support/fake-host.ts";

const memory = (availableKib: number): string => `MemTotal:  8000000 kB\nMemAvailable: ${availableKib} kB\n`;
const load = (tasks: number): string => `0.20 0.18 0.12 1/${tasks} 11206\n`;

describe("a node", () => {
  test.each([
    ["has too little memory", memory(799_000), load(200), 32_768, "780 MiB of the node's 7812 are available"],
    ["has too many processes", memory(4_000_000), load(16_385), 32_768, "16385 processes and threads"],
  ])("%s", (_, meminfo, loadavg, maxTasks, why) => {
    expect(scarcityOf(meminfo, loadavg, maxTasks)).toContain(why);
  });

  test("has room, also where it does not tell", () => {
    expect(scarcityOf(memory(4_000_000), load(200), 32_768)).toBeUndefined();
    expect(scarcityOf("", "", undefined)).toBeUndefined();
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
  const watch = await watchNode(host);
  await host.pass(250);
  expect([await watch.scarcity(), watch.exhausted.aborted]).toEqual([undefined, false]);
  host.files.set("/proc/loadavg", load(501));
  await host.pass(250);
  expect(watch.exhausted.aborted).toBe(true);
  expect(watch.exhausted.reason).toBeInstanceOf(StageFailure);
  expect(watch.exhausted.reason).toMatchObject({
    stage: "storm",
    message: expect.stringContaining(
      "501 processes and threads are on the node, which can have 1000",
    ) as string,
  });
  await watch.close();
});
