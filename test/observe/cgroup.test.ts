/** Where the kernel accounts for an agent: either version of cgroups, and the process tree where there is none. */
import { describe, expect, test } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { NO_CGROUP, agentPids, createAgentCgroup, findCgroup } from "../../src/observe/cgroup.ts";
import { FakeHost } from "../support/fake-host.ts";

const V1_CPU = "cgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0";
const V1_MEMORY = "cgroup /cg/memory cgroup rw,memory 0 0";
const V2 = "cgroup2 /cg/unified cgroup2 rw 0 0";

const nodeWith = (mounts: readonly string[], files: Readonly<Record<string, string>> = {}): FakeHost =>
  new FakeHost({
    files: { "/proc/self/mounts": ["proc /proc proc rw 0 0", ...mounts, ""].join("\n"), ...files },
  });

describe("the agent's cgroup", () => {
  test("of version 1 accounts CPU and memory in a folder of each controller", async () => {
    const host = nodeWith([V2, V1_CPU, V1_MEMORY]);
    expect(await createAgentCgroup(host, host.effects.scope("turn"), "tare-7")).toEqual({
      folders: ["/cg/cpu/tare-7", "/cg/memory/tare-7"],
      cpuFile: "/cg/cpu/tare-7/cpuacct.usage",
      peakFile: "/cg/memory/tare-7/memory.max_usage_in_bytes",
    });
    expect(host.done.filter((step) => step.startsWith("do "))).toEqual([
      "do cgroup /cg/cpu/tare-7",
      "do cgroup /cg/memory/tare-7",
    ]);
  });

  test.each([
    ["a space", String.raw`/srv/control\040groups`, "/srv/control groups"],
    ["a backslash", String.raw`/srv/a\134b`, String.raw`/srv/a\b`],
  ])("lies where the hierarchy is mounted, also below a folder with %s", async (_, told, point) => {
    const host = nodeWith([`cgroup2 ${told} cgroup2 rw 0 0`]);
    const { folders } = await createAgentCgroup(host, host.effects.scope("turn"), "tare-7");
    expect(folders).toEqual([`${point}/tare-7`]);
  });

  test("of version 1 without the memory controller has no peak", async () => {
    const host = nodeWith([V1_CPU]);
    expect(await createAgentCgroup(host, host.effects.scope("turn"), "tare-7")).toMatchObject({
      folders: ["/cg/cpu/tare-7"],
      peakFile: undefined,
    });
  });

  test("of version 2 has a peak where the node accounts memory", async () => {
    const cpuOnly = nodeWith([V2]);
    const cgroup = { folders: ["/cg/unified/tare-7"], cpuFile: "/cg/unified/tare-7/cpu.stat" };
    expect(await createAgentCgroup(cpuOnly, cpuOnly.effects.scope("turn"), "tare-7")).toEqual({
      ...cgroup,
      peakFile: undefined,
    });
    const both = nodeWith([V2], { "/cg/unified/tare-7/memory.peak": "4096\n" });
    expect(await createAgentCgroup(both, both.effects.scope("turn"), "tare-7")).toEqual({
      ...cgroup,
      peakFile: "/cg/unified/tare-7/memory.peak",
    });
  });

  test("limits what an agent takes of the node, where the controllers are there", async () => {
    const memory = { "/proc/meminfo": "MemTotal:       8000000 kB\n" };
    const limits = (host: FakeHost, at: Readonly<Record<string, string>>): readonly unknown[] =>
      Object.keys(at).map((file) => host.files.get(file));
    const v2 = { "/cg/unified/tare-7/memory.max": "max\n", "/cg/unified/tare-7/pids.max": "max\n" };
    const unified = nodeWith([V2], { ...memory, ...v2 });
    await createAgentCgroup(unified, unified.effects.scope("turn"), "tare-7");
    expect(limits(unified, v2)).toEqual([`${4_000_000 * 1024}\n`, "4096\n"]);

    const v1 = { "/cg/memory/tare-7/memory.limit_in_bytes": "-1\n", "/cg/pids/tare-7/pids.max": "max\n" };
    const apart = nodeWith([V1_CPU, V1_MEMORY, "cgroup /cg/pids cgroup rw,pids 0 0"], { ...memory, ...v1 });
    const { folders } = await createAgentCgroup(apart, apart.effects.scope("turn"), "tare-7");
    expect(folders).toEqual(["/cg/cpu/tare-7", "/cg/memory/tare-7", "/cg/pids/tare-7"]);
    expect(limits(apart, v1)).toEqual([`${4_000_000 * 1024}\n`, "4096\n"]);

    const bare = nodeWith([V2], memory);
    await createAgentCgroup(bare, bare.effects.scope("turn"), "tare-7");
    expect([...bare.files.keys()].filter((file) => file.startsWith("/cg/"))).toEqual([]);
  });

  const V2_READ_ONLY = "cgroup2 /cg/unified cgroup2 ro,nosuid 0 0";
  const V1_READ_ONLY = "cgroup /cg/cpu cgroup ro,cpu,cpuacct 0 0";

  test("is not tried where every hierarchy is mounted read-only, as in a container", async () => {
    const host = nodeWith([V1_READ_ONLY, V2_READ_ONLY]);
    expect(await createAgentCgroup(host, host.effects.scope("turn"), "tare-7")).toEqual({
      ...NO_CGROUP,
      obstacle: "/cg/cpu is mounted read-only; /cg/unified is mounted read-only",
    });
    expect(host.done).toEqual([]);
  });

  test("is made in the hierarchy that lets it be made", async () => {
    const hybrid = nodeWith([V1_READ_ONLY, V2]);
    expect(await createAgentCgroup(hybrid, hybrid.effects.scope("turn"), "tare-7")).toMatchObject({
      folders: ["/cg/unified/tare-7"],
    });
    const noMemory = nodeWith([V1_CPU, "cgroup /cg/memory cgroup ro,memory 0 0"]);
    expect(await createAgentCgroup(noMemory, noMemory.effects.scope("turn"), "tare-7")).toEqual({
      folders: ["/cg/cpu/tare-7"],
      cpuFile: "/cg/cpu/tare-7/cpuacct.usage",
      peakFile: undefined,
    });
  });

  test("that the kernel refuses, for one too many, say, is none", async () => {
    const host = new FakeHost({
      files: { "/proc/self/mounts": `${V2}\n` },
      onEffect: () => {
        throw new TareError("run-failed", "cannot make the cgroup: EAGAIN", "");
      },
    });
    expect(await createAgentCgroup(host, host.effects.scope("turn"), "tare-7")).toEqual({
      ...NO_CGROUP,
      obstacle: "cannot make the cgroup: EAGAIN",
    });
  });

  test("that no process may enter is none", async () => {
    const host = new FakeHost({
      files: { "/proc/self/mounts": `${V2}\n` },
      answer: () => ({ exitCode: 2, stderr: "sh: cannot create: Permission denied\n" }),
    });
    expect(await createAgentCgroup(host, host.effects.scope("turn"), "tare-7")).toEqual({
      ...NO_CGROUP,
      obstacle: "/cg/unified/tare-7 cannot be entered: sh: cannot create: Permission denied",
    });
  });

  test("does without only what belongs to the node: a journal that cannot be written ends the run", async () => {
    const host = new FakeHost({
      files: { "/proc/self/mounts": `${V2}\n` },
      onEffect: () => {
        throw new TareError("host-unfit", "cannot write the journal", "");
      },
    });
    await expect(createAgentCgroup(host, host.effects.scope("turn"), "tare-7")).rejects.toThrow(/journal/);
  });

  test("is not made without root or without a mounted hierarchy", async () => {
    const user = new FakeHost({ uid: 1000, files: { "/proc/self/mounts": `${V2}\n` } });
    expect(await createAgentCgroup(user, user.effects.scope("turn"), "tare-7")).toBe(NO_CGROUP);
    const bare = nodeWith([]);
    expect(await createAgentCgroup(bare, bare.effects.scope("turn"), "tare-7")).toBe(NO_CGROUP);
    expect([...user.done, ...bare.done]).toEqual([]);
  });
});

describe("a service's own cgroup", () => {
  const PATH = "/system.slice/auditd.service";

  test("is found in version 2, with its peak where there is one", async () => {
    const folder = `/cg/unified${PATH}`;
    const files = { [`${folder}/cpu.stat`]: "usage_usec 1\n" };
    expect(await findCgroup(nodeWith([V2], files), PATH)).toEqual({
      folders: [folder],
      cpuFile: `${folder}/cpu.stat`,
      peakFile: undefined,
    });
    const withPeak = { ...files, [`${folder}/memory.peak`]: "1\n" };
    expect(await findCgroup(nodeWith([V2], withPeak), PATH)).toMatchObject({
      peakFile: `${folder}/memory.peak`,
    });
  });

  test("is found in version 1, past hierarchies that do not account for it", async () => {
    const files = {
      [`/cg/cpu${PATH}/cpuacct.usage`]: "1\n",
      [`/cg/memory${PATH}/memory.max_usage_in_bytes`]: "1\n",
    };
    expect(await findCgroup(nodeWith([V2, V1_MEMORY, V1_CPU], files), PATH)).toEqual({
      folders: [`/cg/cpu${PATH}`],
      cpuFile: `/cg/cpu${PATH}/cpuacct.usage`,
      peakFile: `/cg/memory${PATH}/memory.max_usage_in_bytes`,
    });
  });

  test("is none where no hierarchy has its files", async () => {
    expect(await findCgroup(nodeWith([V1_CPU, V2]), PATH)).toBe(NO_CGROUP);
  });
});

describe("the agent's processes", () => {
  test("are those in its cgroup", async () => {
    const host = new FakeHost({ files: { "/cg/tare-7/cgroup.procs": "12\n34\n" } });
    const cgroup = { folders: ["/cg/tare-7"], cpuFile: undefined, peakFile: undefined };
    expect(await agentPids(host, cgroup, [1])).toEqual([12, 34]);
  });

  test("are, without one, those that it started and their descendants, whatever their names", async () => {
    const host = new FakeHost({
      files: {
        "/proc/uptime": "1 1",
        "/proc/1/stat": "1 (init) S 0 1",
        "/proc/12/stat": "12 (agent) S 1 12",
        "/proc/13/stat": "13 (a) b (c) S 12 12",
        "/proc/14/stat": "14 (child) S 13 12",
        "/proc/15/stat": "15 (other) S 1 15",
      },
    });
    expect(await agentPids(host, NO_CGROUP, [12])).toEqual([12, 13, 14]);
  });
});

test("an agent's processes are also those in cgroups below its own", async () => {
  const host = new FakeHost({
    files: {
      "/cg/a.service/cgroup.procs": "10\n",
      "/cg/a.service/cgroup.events": "populated 1\n",
      "/cg/a.service/memory.peak": "1\n",
      "/cg/a.service/tasks": "10\n",
      "/cg/a.service/init.scope/cgroup.procs": "11\n",
      "/cg/a.service/workers/cgroup.procs": "",
      "/cg/a.service/workers/one/cgroup.procs": "12\n13\n",
    },
  });
  expect(await agentPids(host, { ...NO_CGROUP, folders: ["/cg/a.service"] }, [])).toEqual([10, 11, 12, 13]);
});
