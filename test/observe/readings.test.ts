/** The parsers of what the kernel prints, on real text, and what they do when it is not there. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DriverResult, BoundarySnapshot } from "../../src/domain/driver.ts";
import { missing, value } from "../../src/domain/units.ts";
import { parseCgroupCpu, parseCgroupMounts } from "../../src/observe/cgroup.ts";
import { parseSchedstat, readDrainCpu, readWindowCpu } from "../../src/observe/cpu.ts";
import type { CpuFiles } from "../../src/observe/cpu.ts";
import { parseMapInfo, parseMappedMaps, parsePss } from "../../src/observe/memory.ts";
import { changesSince, foreignSensors } from "../../src/observe/node-changes.ts";
import { parseAudit, parsePrograms } from "../../src/observe/node-state.ts";
import type { AuditState, NodeState } from "../../src/observe/node-state.ts";
import { othersCores, parsePressure, readNoise } from "../../src/observe/noise.ts";
import { UNSET_KERNEL } from "../support/kernel-state.ts";

const STAT = (idle: number, iowait: number, steal: number): string =>
  `cpu  100 0 200 ${idle} ${iowait} 0 5 ${steal} 0 0\ncpu0 50 0 100 1 1 0 2 1 0 0\ncpu1 50 0 100 1 1 0 3 1 0 0\nintr 1\n`;

describe("CPU time", () => {
  test("of this kernel's schedstat can be read", () => {
    expect(parseSchedstat(readFileSync("/proc/self/schedstat", "utf8"))).toBeGreaterThan(0);
  });

  test("of a cgroup is read from both versions, in nanoseconds", () => {
    expect(parseCgroupCpu("123456789\n")).toBe(123456789);
    expect(parseCgroupCpu("usage_usec 42\nuser_usec 40\nsystem_usec 2\n")).toBe(42000);
    expect(parseCgroupCpu("nonsense")).toBeUndefined();
  });

  const files: CpuFiles = {
    all: [],
    clock: { clock: "ticks", path: "/proc/stat" },
    agentCgroup: "/cg/cpuacct.usage",
    agentTasks: [],
    helpers: [{ name: "kauditd", path: "/proc/30/schedstat" }],
    harness: ["/proc/9/task/9/schedstat"],
  };
  const snapshots: BoundarySnapshot[] = [
    { path: "/proc/stat", before: STAT(1000, 10, 3), after: STAT(1100, 14, 9) },
    { path: "/cg/cpuacct.usage", before: "1000\n", after: "51000\n" },
    { path: "/proc/30/schedstat", before: "10 0 0\n", after: "2010 0 0\n" },
    { path: "/proc/9/task/9/schedstat", before: "500 1 1\n", after: "1000500 1 1\n" },
  ];

  test("of the system is wall time of all CPUs without idle, iowait, steal and the harness", () => {
    const windowNs = 1e9;
    // 2 CPUs x 1 s - (100 + 4 + 6) ticks of 10 ms - 1 ms of the harness
    expect(readWindowCpu(snapshots, files, windowNs)).toEqual({
      clock: "ticks",
      systemBusyNs: value(2e9 - 110 * 1e7 - 1e6),
      agentNs: value(50_000),
      harnessNs: value(1e6),
      helpersNs: { kauditd: 2000 },
      stealPercent: value((100 * 6 * 1e7) / 2e9),
    });
  });

  test("of the system is the node's clock without the harness, where that counts nanoseconds", () => {
    const clock = { clock: "cpuacct", path: "/root/cpuacct.usage" } as const;
    const usage = { path: clock.path, before: "5000000\n", after: "95000000\n" };
    const cpu = readWindowCpu([...snapshots, usage], { ...files, clock }, 1e9);
    expect(cpu).toMatchObject({ clock: "cpuacct", systemBusyNs: value(90e6 - 1e6) });
  });

  test("after the window is read of the agent, of helpers and of the node", () => {
    const clock = { clock: "cpuacct", path: "/root/cpuacct.usage" } as const;
    const since = [...snapshots, { path: clock.path, before: "0\n", after: "7000000\n" }];
    expect(readDrainCpu(since, { ...files, clock })).toEqual({
      agentDrainNs: value(50_000),
      helpersDrainNs: value({ kauditd: 2000 }),
      nodeDrainNs: value(6e6),
    });
    expect(readDrainCpu(since, files).nodeDrainNs).toEqual(
      missing("the node's clock has ticks of 10 ms only"),
    );
  });

  test("that could not be read is missing with the reason, never 0", () => {
    const unread: BoundarySnapshot[] = [{ path: "/proc/stat", error: "EACCES" }];
    const cpu = readWindowCpu(unread, files, 1e9);
    expect(cpu.systemBusyNs).toEqual({ kind: "missing", reason: "/proc/stat: EACCES" });
    expect(cpu.agentNs).toEqual({ kind: "missing", reason: "/cg/cpuacct.usage was not read" });
    expect(cpu.stealPercent.kind).toBe("missing");
    expect(cpu.helpersNs).toEqual({});
    expect(readDrainCpu(unread, files).agentDrainNs.kind).toBe("missing");
  });

  test("of an agent is missing where it is more than the node's CPUs can do, or less than before", () => {
    const agentOf = (before: string, after: string) =>
      readWindowCpu(
        [...snapshots.slice(0, 1), { path: "/cg/cpuacct.usage", before, after }, ...snapshots.slice(2)],
        files,
        1e9,
      ).agentNs;
    expect(agentOf("0\n", "2000000000\n")).toEqual(value(2e9));
    expect(agentOf("0\n", "9000000000\n").kind).toBe("missing");
    expect(agentOf("51000\n", "1000\n").kind).toBe("missing");
  });

  test("of an agent without a cgroup is the sum over its threads", () => {
    const tree: CpuFiles = { ...files, agentCgroup: undefined, agentTasks: ["/t/1", "/t/2"] };
    const threads: BoundarySnapshot[] = [
      { path: "/t/1", before: "100 0 0", after: "300 0 0" },
      { path: "/t/2", before: "0 0 0", after: "50 0 0" },
    ];
    expect(readWindowCpu(threads, tree, 1e9).agentNs).toEqual(value(250));
  });
});

describe("memory", () => {
  test("of this process can be read as PSS in bytes", () => {
    expect(parsePss(readFileSync("/proc/self/smaps_rollup", "utf8"))).toBeGreaterThan(1 << 20);
    expect(parsePss("Rss: 1 kB\n")).toBeUndefined();
  });

  test("of mapped BPF maps is their share in smaps", () => {
    const smaps = [
      "7f0a00000000-7f0a00021000 rw-p 00000000 00:00 0 ",
      "Pss:                  64 kB",
      "VmFlags: rd wr",
      "7f0a1c000000-7f0a1c801000 r--s 00001000 00:0e 1057                       anon_inode:bpf-map",
      "Size:               8196 kB",
      "Pss:                4096 kB",
      "7f0a1d000000-7f0a1d001000 rw-s 00000000 00:0e 1057                       anon_inode:bpf-map",
      "Pss:                   4 kB",
      "7f0a1e000000-7f0a1e001000 rw-s 00000000 00:0e 1057                       anon_inode:[perf_event]",
      "Pss:                   8 kB",
      "",
    ].join("\n");
    expect(parseMappedMaps(smaps)).toBe(4100 * 1024);
    expect(parseMappedMaps(readFileSync("/proc/self/smaps", "utf8"))).toBe(0);
    expect(parseMappedMaps(smaps.replace("Pss:                   4 kB\n", ""))).toBeUndefined();
  });

  test("of BPF maps comes from a descriptor's fdinfo", () => {
    expect(parseMapInfo("pos:\t0\nmap_type:\t27\nmemlock:\t270336\nmap_id:\t12\nfrozen:\t0\n")).toEqual({
      id: 12,
      bytes: 270336,
    });
    expect(parseMapInfo("pos:\t0\nprog_id:\t3\nmemlock:\t4096\n")).toBeUndefined();
  });
});

describe("cgroup mounts", () => {
  test("are told by type and controllers", () => {
    const mounts = parseCgroupMounts(
      "proc /proc proc rw 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
    );
    expect(mounts.map(({ point, type }) => [point, type])).toEqual([
      ["/sys/fs/cgroup/cpu,cpuacct", "cgroup"],
      ["/sys/fs/cgroup/unified", "cgroup2"],
    ]);
  });
});

describe("noise", () => {
  const batch = {
    operations: 10,
    wallNs: 300,
    cpuNs: 100,
    userNs: 50,
    systemNs: 50,
    voluntarySwitches: 1,
    involuntarySwitches: 2,
  };
  const histogram = { significantDigits: 3, minNs: 1, maxNs: 2, buckets: [] } as const;
  const driver: DriverResult = {
    protocol: 2,
    scenario: "file-open",
    trial: "0001",
    mode: "closed",
    startNs: 0,
    endNs: 1e9,
    operations: [
      {
        operation: "open",
        count: 20,
        errors: 0,
        timedEvery: 1,
        batches: [batch, batch],
        service: histogram,
        response: null,
      },
    ],
    control: { spinNs: [1, 2], syscallNs: [3, 4] },
    snapshots: [
      {
        path: "/proc/pressure/cpu",
        before: "some avg10=0.00 total=100\n",
        after: "some avg10=0.00 total=50100\n",
      },
    ],
    maxRssKib: 1,
  };

  test("is read from the driver and from pressure", () => {
    expect(readNoise(driver, value(1.5), value(0.2))).toEqual({
      othersCores: value(0.2),
      stealPercent: value(1.5),
      cpuPressurePercent: value(5),
      wallOverCpu: 3,
      spinNs: [1, 2],
      syscallNs: [3, 4],
      involuntarySwitches: 4,
    });
  });

  test("tells what others spent: the rest of the node's CPU time", () => {
    const [operation] = driver.operations;
    if (operation === undefined) throw new Error("no operation");
    const batches = operation.batches.map((batch) => ({ ...batch, cpuNs: 30, paceCpuNs: 5 }));
    const busy = { ...driver, startNs: 0, endNs: 1000, operations: [{ ...operation, batches }] };
    const workload = 35 * batches.length;
    const cpu = {
      systemBusyNs: value(workload + 100 + 40 + 250),
      agentNs: value(100),
      helpersNs: { kauditd: 40 },
    };
    expect(othersCores(busy, cpu)).toEqual(value(0.25));
    // Clocks that disagree.
    expect(othersCores(busy, { ...cpu, systemBusyNs: value(workload) })).toEqual(value(0));
    const lost = missing("its group is gone");
    expect(othersCores(busy, { ...cpu, agentNs: lost })).toEqual(lost);
    expect(othersCores(busy, { ...cpu, systemBusyNs: lost })).toEqual(lost);
  });

  test("without pressure information is missing, not quiet", () => {
    expect(readNoise({ ...driver, snapshots: [] }, value(0), value(0)).cpuPressurePercent.kind).toBe(
      "missing",
    );
    expect(parsePressure("full avg10=0.00 total=3\n")).toBeUndefined();
  });
});

const textsOf = (changes: ReturnType<typeof changesSince>): readonly string[] =>
  changes.map(({ text }) => text);

describe("the state of the node", () => {
  const audit = (overrides: Partial<AuditState> = {}): NodeState["audit"] =>
    value({
      enabled: 0,
      pid: 0,
      settings: { backlog_limit: "64", backlog_wait_time: "15000" },
      rules: [],
      ...overrides,
    });
  const clean: NodeState = {
    bpf: value([]),
    audit: audit(),
    preload: "",
    mounts: [],
    mountOptions: {},
    left: [],
    kernel: UNSET_KERNEL,
  };

  test("is parsed from what auditctl and bpftool print", () => {
    const status =
      "enabled 1\nfailure 1\npid 812\nrate_limit 0\nbacklog_limit 8192\nlost 3\nbacklog 0\nloginuid_immutable 0 unlocked\n";
    expect(parseAudit(status, "-a always,exit -S execve\n-w /etc -p wa\n")).toEqual({
      enabled: 1,
      pid: 812,
      settings: { failure: "1", rate_limit: "0", backlog_limit: "8192", loginuid_immutable: "0 unlocked" },
      rules: ["-a always,exit -S execve", "-w /etc -p wa"],
    });
    expect(parseAudit(status, "No rules\n")?.rules).toEqual([]);
    const programs =
      '[{"id":3,"type":"cgroup_skb","name":"x"},{"id":7,"type":"raw_tracepoint","name":"on_exit"}]';
    expect(parsePrograms(programs)).toEqual([{ id: 7, name: "on_exit", type: "raw_tracepoint" }]);
  });

  test("that is as before has no changes", () => {
    expect(changesSince(clean, clean)).toEqual([]);
    expect(foreignSensors(clean)).toEqual([]);
  });

  test("names every leftover", () => {
    const after: NodeState = {
      bpf: value([{ id: 9, name: "probe", type: "kprobe" }]),
      audit: audit({
        enabled: 1,
        pid: 5,
        settings: { backlog_limit: "8192", backlog_wait_time: "15000" },
        rules: ["-a always,exit -S execve"],
      }),
      preload: "/usr/lib/x.so",
      mounts: [],
      mountOptions: {},
      left: [],
      kernel: UNSET_KERNEL,
    };
    expect(textsOf(changesSince(clean, after))).toEqual([
      "BPF program 9 (kprobe, probe) is still loaded",
      "audit is enabled=1, was 0",
      "audit belongs to pid 5, was 0",
      'audit rule "-a always,exit -S execve" is still loaded',
      "audit backlog_limit is 8192, was 64",
      '/etc/ld.so.preload is "/usr/lib/x.so", was ""',
    ]);
    expect(foreignSensors(after)).toHaveLength(4);
    expect(textsOf(changesSince(clean, after, new Map([[9, { pid: 812, name: "tracee" }]])))[0]).toBe(
      "BPF program 9 (kprobe, probe) is still loaded, held by pid 812 (tracee)",
    );
  });

  test("names a rule of the node's owner that is gone", () => {
    const before: NodeState = { ...clean, audit: audit({ rules: ["-w /etc/shadow -p wa"] }) };
    expect(textsOf(changesSince(before, clean))).toEqual(['audit rule "-w /etc/shadow -p wa" is gone']);
  });
});
