/** A quota of CPU time for an agent: where it is set, and that it is taken back. */
import { describe, expect, test } from "vitest";
import { limitAgent, placeIn } from "../../src/run/agent-quota.ts";
import { FakeHost } from "../support/fake-host.ts";

const FOLDERS = { folders: ["/cg/tare-1"] };
const commandsOf = async (files: Readonly<Record<string, string>>) => {
  const commands: string[] = [];
  const host = new FakeHost({
    files,
    acts: (command) => {
      commands.push(command.slice(4).join(" "));
    },
  });
  const scope = host.effects.scope("trial");
  const refusal = await limitAgent(host, scope, FOLDERS, [101, 102], "tare-1-quota");
  const done = commands.splice(0);
  expect(await scope.undo()).toEqual([]);
  return { refusal, done, undone: commands };
};

describe("a quota for an agent", () => {
  test("is set in its own cgroup with version 2", async () => {
    expect(await commandsOf({ "/cg/tare-1/cpu.max": "max 100000\n" })).toEqual({
      refusal: undefined,
      done: ["/cg/tare-1/cpu.max 20000 100000"],
      undone: ["/cg/tare-1/cpu.max max 100000"],
    });
  });

  test("is set in its own cgroup with version 1, where cpu and cpuacct are one hierarchy", async () => {
    expect(await commandsOf({ "/cg/tare-1/cpu.cfs_quota_us": "-1\n" })).toEqual({
      refusal: undefined,
      done: ["/cg/tare-1/cpu.cfs_quota_us 20000"],
      undone: ["/cg/tare-1/cpu.cfs_quota_us -1"],
    });
  });

  test("is that of a cgroup beside, where cpu is a hierarchy of its own: the agent is in it meanwhile, and goes back to where it was", async () => {
    expect(
      await commandsOf({
        "/proc/self/mounts": "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n",
        "/proc/101/cgroup": "2:cpuacct:/tare-1\n1:cpu:/jobs/7\n0::/\n",
        "/sys/fs/cgroup/cpu/tare-1-quota/cpu.cfs_quota_us": "-1\n",
      }),
    ).toEqual({
      refusal: undefined,
      done: [
        "/sys/fs/cgroup/cpu/tare-1-quota/cpu.cfs_quota_us 20000",
        "/sys/fs/cgroup/cpu/tare-1-quota/cgroup.procs 101 102",
      ],
      undone: [
        "/sys/fs/cgroup/cpu/tare-1-quota /sys/fs/cgroup/cpu/jobs/7",
        "/sys/fs/cgroup/cpu/tare-1-quota/cpu.cfs_quota_us -1",
      ],
    });
  });

  test.each([
    [{}, "no cgroup of the node's sets a quota"],
    [{ "/proc/self/mounts": "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n" }, "CFS_BANDWIDTH"],
  ])("cannot be had without such cgroups: %j", async (files, why) => {
    const { refusal, done } = await commandsOf(files);
    expect(refusal).toContain(why);
    expect(done).toEqual([]);
  });
});

test("the place of a process in a hierarchy is read by its controller", () => {
  const text = "12:cpu,cpuacct:/user.slice/a:b\n3:memory:/\n0::/init.scope\n";
  expect(placeIn(text, "cpu")).toBe("/user.slice/a:b");
  expect(placeIn(text, "memory")).toBe("");
  expect(placeIn("", "cpu")).toBe("");
});
