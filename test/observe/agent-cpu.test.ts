/** Which files the driver reads for the CPU time of an agent and of what works for it. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { watchActivity } from "../../src/observe/agent-activity.ts";
import { NO_CGROUP } from "../../src/observe/cgroup.ts";
import {
  type CpuFiles,
  cpuFiles,
  helperName,
  nodeFiles,
  readDrainCpu,
  readWindowCpu,
} from "../../src/observe/cpu.ts";
import { FakeHost } from "../support/fake-host.ts";

const PROCESSES = {
  "/proc/9/task/9/schedstat": "1 0 0",
  "/proc/12/comm": "agent\n",
  "/proc/12/task/12/schedstat": "100 0 0",
  "/proc/12/task/13/schedstat": "20 0 0",
  "/proc/30/comm": "kauditd\n",
  "/proc/30/schedstat": "5 0 0",
  "/proc/31/comm": "kworker/0:1-events\n",
  "/proc/31/schedstat": "7 0 0",
};
const HARNESS = 9;

describe("the files that the driver reads", () => {
  test("are those of the node, of the agent's threads where it has no cgroup, of helpers and of the harness", async () => {
    const host = new FakeHost({ files: PROCESSES });
    const files = await cpuFiles(host, await nodeFiles(host, HARNESS), NO_CGROUP, [12]);
    expect(files.agentTasks).toEqual(["/proc/12/task/12/schedstat", "/proc/12/task/13/schedstat"]);
    expect(files.helpers).toEqual([
      { name: "kauditd", path: "/proc/30/schedstat" },
      { name: "kworker", path: "/proc/31/schedstat" },
    ]);
    expect(files.all).toEqual([
      "/proc/stat",
      ...files.agentTasks,
      "/proc/30/schedstat",
      "/proc/31/schedstat",
      "/proc/9/task/9/schedstat",
    ]);
  });

  test("hold the cgroup's in place of the threads' where there is one", async () => {
    const host = new FakeHost({ files: PROCESSES });
    const cgroup = { ...NO_CGROUP, cpuFile: "/cg/cpu.stat" };
    const files = await cpuFiles(host, await nodeFiles(host, HARNESS), cgroup, [12]);
    expect(files.agentTasks).toEqual([]);
    expect(files.all).toContain("/cg/cpu.stat");
  });

  test("are those of the workers that have worked most, where there are hundreds", async () => {
    const workers = Array.from({ length: 100 }, (_, index) => [
      [`/proc/${100 + index}/comm`, `kworker/${index}:0\n`],
      [`/proc/${100 + index}/schedstat`, `${index} 0 0`],
    ]).flat();
    const host = new FakeHost({ files: Object.fromEntries(workers) as Record<string, string> });
    const { helpers } = await nodeFiles(host, HARNESS);
    expect(helpers).toHaveLength(64);
    expect(helpers[0]?.path).toBe("/proc/199/schedstat");
  });
});

test("a daemon that works in threads is read with all of them, a kernel thread as itself", async () => {
  const host = new FakeHost({
    files: {
      "/proc/40/comm": "rsyslogd\n",
      "/proc/40/schedstat": "1 0 0",
      "/proc/40/task/40/schedstat": "1 0 0",
      "/proc/40/task/42/schedstat": "900 0 0",
      "/proc/50/comm": "syslog-ng\n",
      "/proc/50/task/50/schedstat": "2 0 0",
      "/proc/50/task/51/schedstat": "3 0 0",
      "/proc/30/comm": "kauditd\n",
      "/proc/30/schedstat": "5 0 0",
    },
  });
  const { helpers } = await nodeFiles(host, HARNESS);
  expect(helpers.map(({ name, path }) => `${name} ${path}`).toSorted()).toEqual([
    "kauditd /proc/30/schedstat",
    "rsyslogd /proc/40/task/40/schedstat",
    "rsyslogd /proc/40/task/42/schedstat",
    "syslog-ng /proc/50/task/50/schedstat",
    "syslog-ng /proc/50/task/51/schedstat",
  ]);
  const rose = (path: string, by: number) => ({ path, before: "0 0 0", after: `${by} 0 0` });
  const snapshots = [rose("/proc/40/task/40/schedstat", 10), rose("/proc/40/task/42/schedstat", 300)];
  expect(readWindowCpu(snapshots, { ...NONE, helpers }, 1).helpersNs).toEqual({ rsyslogd: 310 });
});

test.each([
  ["kworker/u8:3-flush-8:0\n", "kworker"],
  ["ksoftirqd/1\n", "ksoftirqd"],
  ["systemd-journal\n", "systemd-journal"],
  ["kauditd-like\n", undefined],
  ["node\n", undefined],
])("a thread that works for agents is known by its name: %j", (comm, name) => {
  expect(helperName(comm)).toBe(name);
});

const NONE: CpuFiles = {
  all: [],
  clock: { clock: "ticks", path: "/proc/stat" },
  agentCgroup: undefined,
  agentTasks: [],
  helpers: [],
  harness: [],
};

describe("the agent's CPU time so far", () => {
  const spentBy = async (files: Readonly<Record<string, string>>, of: Partial<CpuFiles>) => {
    const activity = await watchActivity(new FakeHost({ files }), { ...NONE, ...of });
    return await activity.cpuNs();
  };

  test("is the cgroup's", async () => {
    expect(await spentBy({ "/cg/cpu.stat": "usage_usec 3\n" }, { agentCgroup: "/cg/cpu.stat" })).toEqual(
      value(3000),
    );
  });

  test("is the sum over its threads, and missing when none can be looked at", async () => {
    const agentTasks = ["/proc/12/task/12/schedstat", "/proc/12/task/13/schedstat"];
    expect(await spentBy(PROCESSES, { agentTasks })).toEqual(value(120));
    expect(await spentBy({}, { agentTasks })).toEqual(missing("no file tells what the agent spends"));
  });

  test("inside the window leaves out threads that ended in it, and is missing when none is left", () => {
    const files = { ...NONE, agentTasks: ["/a", "/b"] };
    const ended = { path: "/b", error: "ENOENT" };
    const stayed = { path: "/a", before: "10 0 0", after: "30 0 0" };
    expect(readWindowCpu([stayed, ended], files, 1).agentNs).toEqual(value(20));
    expect(readWindowCpu([ended], files, 1).agentNs).toEqual(
      missing("the agent's threads could not be read at both edges"),
    );
  });

  test("after the window is missing when one of its threads cannot be read", () => {
    const files = { ...NONE, agentTasks: ["/a", "/b"] };
    const both = [
      { path: "/a", before: "10 0 0", after: "30 0 0" },
      { path: "/b", before: "1 0 0", after: "2 0 0" },
    ];
    expect(readDrainCpu(both, files).agentDrainNs).toEqual(value(21));
    expect(readDrainCpu(both.slice(0, 1), files).agentDrainNs).toEqual(missing("/b was not read"));
    expect(readDrainCpu(both, NONE).agentDrainNs).toEqual(missing("no agent process"));
  });
});
