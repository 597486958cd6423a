/** What an agent may leave changed is read before and after; what cannot be read is missing with its reason. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import {
  baselinePrograms,
  changesOfTurn,
  changesSince,
  foreignSensors,
  holdersOf,
  notLooked,
} from "../../src/observe/node-changes.ts";
import { type NodeState, parsePrograms, readNodeState } from "../../src/observe/node-state.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { UNSET_KERNEL } from "../support/kernel-state.ts";

const PROGRAMS = { auditctl: "/sbin/auditctl", bpftool: "/sbin/bpftool" };
const LISTED = '[{"id":7,"name":"trace_exec","type":"tracepoint"},{"id":8,"type":"cgroup_skb"}]';

const answer: NonNullable<FakeHostOptions["answer"]> = (command, args) => {
  if (command === "bpftool" && args.includes("net")) return { stdout: "[{}]" };
  if (command === "bpftool") return { stdout: args.includes("cgroup") ? "" : LISTED };
  if (args[0] === "-s") return { stdout: "enabled 1\npid 812\nbacklog_limit 64\n" };
  return { stdout: "-a always,exit -S execve\nLIST\n" };
};

describe("the node's state", () => {
  test("is its tracing programs, its audit and its preloaded libraries", async () => {
    const files = {
      "/etc/ld.so.preload": "/lib/libsnoopy.so\n",
      "/proc/812/comm": "auditd\n",
      "/proc/self/mountinfo":
        "25 31 0:22 / /run rw - tmpfs tmpfs rw\n60 25 0:40 / /run/user/0 rw - tmpfs tmpfs rw\n61 25 0:12 / /sys/kernel/debug/tracing rw - tracefs tracefs rw\n" +
        "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n",
      "/run/tetragon/tetragon-info.json": "{}",
      "/run/user/0/bus": "",
      "/sys/fs/bpf/tetragon/execve_map": "",
    };
    expect(await readNodeState(new FakeHost({ programs: PROGRAMS, files, answer }))).toEqual({
      bpf: value([{ id: 7, name: "trace_exec", type: "tracepoint" }]),
      audit: value({
        enabled: 1,
        pid: 812,
        settings: { backlog_limit: "64" },
        rules: ["-a always,exit -S execve"],
      }),
      preload: "/lib/libsnoopy.so",
      mounts: ["/run", "/sys/fs/cgroup"],
      mountOptions: {
        "/sys/kernel/debug/tracing": "rw",
        "/sys/fs/cgroup": "rw,nosuid,nsdelegate,memory_recursiveprot",
      },
      left: ["/run/tetragon", "/sys/fs/bpf/tetragon", "/sys/fs/bpf/tetragon/execve_map"],
      kernel: UNSET_KERNEL,
    });
  });

  test("knows an owner of audit that is dead, and takes it for none", async () => {
    const state = await readNodeState(new FakeHost({ programs: PROGRAMS, answer }));
    expect(state.audit).toMatchObject(value({ pid: 812, ownerless: true }));
    expect(foreignSensors(state).filter((sensor) => sensor.startsWith("audit is"))).toEqual([]);
  });

  test("needs root", async () => {
    expect(await readNodeState(new FakeHost({ uid: 1000, programs: PROGRAMS, answer }))).toEqual({
      bpf: missing("listing BPF programs needs root"),
      audit: missing("reading the audit state needs root"),
      preload: "",
      mounts: [],
      mountOptions: {},
      left: [],
      kernel: { ...UNSET_KERNEL, packets: missing("listing BPF programs needs root") },
    });
  });

  test("is missing without the programs that tell it, and when they fail", async () => {
    expect(await readNodeState(new FakeHost({ answer }))).toMatchObject({
      bpf: missing("bpftool is not installed"),
      audit: missing("auditctl is not installed"),
    });
    const refusing = { programs: PROGRAMS, answer: () => ({ exitCode: 1, stderr: "refused\n" }) };
    expect(await readNodeState(new FakeHost(refusing))).toMatchObject({
      bpf: missing("bpftool: refused"),
      audit: missing("auditctl -s: refused"),
    });
  });
});

test("a program's holder is the first process with a descriptor of it", async () => {
  const host = new FakeHost({
    files: {
      "/proc/uptime": "1 1",
      "/proc/812/comm": "tracee\n",
      "/proc/812/fdinfo/3": "pos:\t0\n",
      "/proc/812/fdinfo/4": "prog_id:\t7\n",
      "/proc/900/comm": "other\n",
      "/proc/900/fdinfo/4": "prog_id:\t7\n",
      "/proc/900/fdinfo/5": "prog_id:\t99\n",
    },
  });
  expect(await holdersOf(host, [7, 8])).toEqual(new Map([[7, { pid: 812, name: "tracee" }]]));
});

describe("programs that no sensor loaded", () => {
  const stateOf = (programs: readonly object[], links: readonly object[] = []): NodeState => ({
    bpf: value(parsePrograms(JSON.stringify(programs), JSON.stringify(links))),
    audit: missing("auditctl is not installed"),
    preload: "",
    mounts: [],
    mountOptions: {},
    left: [],
    kernel: UNSET_KERNEL,
  });
  const SYSTEMD = [{ pid: 1, comm: "systemd" }];

  test.each([
    ["the kernel's iterators", { id: 4, type: "tracing", name: "dump_bpf_map" }, []],
    ["HID-BPF's jump", { id: 2, type: "tracing", name: "hid_tail_call" }, []],
    [
      "an iterator that a process keeps",
      { id: 9, type: "tracing", name: "tasks", pids: [{ pid: 70, comm: "x" }] },
      [{ id: 1, type: "iter", prog_id: 9 }],
    ],
  ])("%s run on nobody's path and are not named", (_, program, links) => {
    const state = stateOf([program], links);
    expect(foreignSensors(state)).toEqual([]);
    expect(baselinePrograms(state)).toEqual([]);
  });

  test.each([
    ["with its full name", { id: 31, type: "lsm", name: "restrict_filesystems", pids: SYSTEMD }],
    [
      "cut to fifteen letters, of a bpftool that knows no holders",
      { id: 31, type: "lsm", name: "restrict_filesy" },
    ],
    ["of a later systemd", { id: 31, type: "lsm", name: "userns_restrict_path_chown" }],
    [
      "of one of its daemons",
      { id: 31, type: "lsm", name: "another", pids: [...SYSTEMD, { pid: 400, comm: "systemd-nsresou" }] },
    ],
  ])("systemd's own, %s, are part of the baseline and stop no run", (_, program) => {
    const state = stateOf([program]);
    expect(foreignSensors(state)).toEqual([]);
    expect(baselinePrograms(state)).toEqual([`BPF program 31 (lsm, ${program.name})`]);
  });

  test.each([
    ["that somebody pinned", { id: 7, type: "lsm", name: "file_open" }, []],
    [
      "that has a name of the kernel's and a process of its own",
      { id: 7, type: "tracing", name: "dump_bpf_map", pids: [{ pid: 812, comm: "tracee" }] },
      [],
    ],
    [
      "that is on a path as well as an iterator",
      { id: 7, type: "tracing", name: "x" },
      [
        { type: "iter", prog_id: 7 },
        { type: "tracing", prog_id: 7 },
      ],
    ],
    [
      "that systemd handed on to a sensor",
      { id: 7, type: "lsm", name: "x", pids: [...SYSTEMD, { pid: 812, comm: "falco" }] },
      [],
    ],
  ])("one %s is a sensor's", (_, program, links) => {
    const state = stateOf([program], links);
    expect(foreignSensors(state)).toEqual([`BPF program 7 (${program.type}, ${program.name})`]);
    expect(baselinePrograms(state)).toEqual([]);
  });

  test("are no agent's leftover when they are loaded during a run", () => {
    const later = stateOf([{ id: 2, type: "tracing", name: "hid_tail_call" }]);
    expect(changesSince(stateOf([]), later)).toEqual([]);
  });
});

describe("what could not be looked at is not taken for nothing", () => {
  const wrapper = (stderr: string, stdout = "", exitCode = 2): FakeHost =>
    new FakeHost({
      programs: PROGRAMS,
      answer: (command, args) =>
        command === "bpftool" ? { exitCode, stderr, stdout } : answer(command, args, new FakeHost()),
    });

  test.each([
    [
      "a wrapper without the kernel's own bpftool",
      wrapper("WARNING: bpftool not found for kernel 6.8\n"),
      "bpftool: WARNING: bpftool not found for kernel 6.8",
    ],
    [
      "one that says its error in JSON",
      wrapper("", '{"error":"can not list programs"}\n', 255),
      'bpftool: {"error":"can not list programs"}',
    ],
    ["one that says nothing", wrapper("", ""), "bpftool: exit status 2"],
    [
      "one that ends well with an error",
      wrapper("", '{"error":"no BTF"}\n', 0),
      'bpftool prog show: not a list: {"error":"no BTF"}',
    ],
  ])("%s", async (_, host, reason) => {
    const state = await readNodeState(host);
    expect(state.bpf).toEqual(missing(reason));
    expect(foreignSensors(state).filter((sensor) => sensor.startsWith("BPF"))).toEqual([]);
    expect(notLooked(state)).toEqual([`BPF programs: ${reason}`]);
  });

  test("one that warns and prints no JSON", async () => {
    const state = await readNodeState(wrapper("", "WARNING: no bpftool for this kernel\n", 0));
    expect(notLooked(state)).toEqual([expect.stringMatching(/^BPF programs: bpftool prog show: .*JSON/)]);
  });

  test.each([
    ["that words its state otherwise", "AUDIT_STATUS: enabled=1 flag=1 pid=812 rate_limit=0\n"],
    ["that says nothing", ""],
    ["whose number cannot be read", "enabled 1\npid many\n"],
    ["that does not tell whether audit is on", "pid 812\n"],
  ])("an auditctl %s", async (_, said) => {
    const state = await readNodeState(
      new FakeHost({
        programs: PROGRAMS,
        answer: (command, args) =>
          args[0] === "-s" ? { stdout: said } : answer(command, args, new FakeHost()),
      }),
    );
    expect(notLooked(state)).toEqual(["audit rules: auditctl -s names neither owner nor state"]);
    expect(foreignSensors(state)).toEqual(["BPF program 7 (tracepoint, trace_exec)"]);
  });

  test("audit rules that may not be listed", async () => {
    const state = await readNodeState(
      new FakeHost({
        programs: PROGRAMS,
        answer: (command, args) =>
          args[0] === "-l"
            ? { exitCode: 4, stderr: "Operation not permitted\n" }
            : answer(command, args, new FakeHost()),
      }),
    );
    expect(notLooked(state)).toEqual(["audit rules: auditctl -l: Operation not permitted"]);
  });
});

describe("what a turn changed", () => {
  const clean: NodeState = {
    bpf: value([]),
    audit: value({ enabled: 0, pid: 0, settings: {}, rules: [] }),
    preload: "",
    mounts: ["/run"],
    mountOptions: { "/sys/fs/cgroup": "rw,nsdelegate" },
    left: ["/run/udev"],
    kernel: UNSET_KERNEL,
  };
  const programs = (ids: readonly number[]): NodeState["bpf"] =>
    value(ids.map((id) => ({ id, name: "p", type: id % 2 === 0 ? "kprobe" : "tracing" })));
  const ofTurn = async (turn: NodeState, after: NodeState, files: Readonly<Record<string, string>> = {}) =>
    await changesOfTurn(new FakeHost({ files }), { run: clean, turn, after });
  const dead = (pid: number): NodeState["audit"] =>
    value({ enabled: 0, pid, ownerless: true, settings: {}, rules: [] });

  test("is what it mounted, pinned and left in /run, each folder once", async () => {
    const after = {
      ...clean,
      mounts: ["/run", "/run/tetragon/cgroup2"],
      left: ["/run/tetragon", "/run/udev", "/sys/fs/bpf/tetragon", "/sys/fs/bpf/tetragon/execve_map"],
      kernel: UNSET_KERNEL,
    };
    expect(await ofTurn(clean, after)).toEqual({
      leftovers: [
        "/run/tetragon/cgroup2 is mounted, and was not",
        "/run/tetragon is there, and was not",
        "/sys/fs/bpf/tetragon is there, and was not",
      ],
      foreign: [],
    });
  });

  test("is what it mounted over what was mounted already", async () => {
    const after = { ...clean, mounts: ["/run", "/run", "/run"] };
    expect((await ofTurn(clean, after)).leftovers).toEqual(["/run is mounted once more"]);
    expect((await ofTurn(after, clean)).leftovers).toEqual([]);
  });

  test("is the options that its own mount took off the node's", async () => {
    const after = { ...clean, mountOptions: { "/sys/fs/cgroup": "rw", "/sys/kernel/debug": "rw" } };
    expect((await ofTurn(clean, after)).leftovers).toEqual([
      "/sys/fs/cgroup is mounted with rw, was with rw,nsdelegate",
    ]);
  });

  test("is not what the turn before it left, nor what it puts back", async () => {
    const [left, back] = [{ ...clean, audit: dead(8936) }, clean];
    expect((await ofTurn(clean, left)).leftovers).toEqual([
      "audit belongs to pid 8936, which is dead, was 0",
    ]);
    expect(await ofTurn(left, left)).toEqual({ leftovers: [], foreign: [] });
    expect(await ofTurn(left, back)).toEqual({ leftovers: [], foreign: [] });
  });

  test("is told by holder, and is nobody's leftover where tare did not start the holder", async () => {
    const ids = Array.from({ length: 199 }, (_, index) => index + 1);
    const after = { ...clean, bpf: programs(ids) };
    const held = (environ: string): Readonly<Record<string, string>> => ({
      "/proc/15732/comm": "falco\n",
      "/proc/15732/environ": environ,
      ...Object.fromEntries(ids.map((id) => [`/proc/15732/fdinfo/${id}`, `prog_id:\t${id}\n`])),
    });
    const text = "199 BPF programs (kprobe, tracing) are still loaded, held by pid 15732 (falco)";
    expect(await ofTurn(clean, after, held("PATH=/bin\0"))).toEqual({ leftovers: [], foreign: [text] });
    expect(await ofTurn(clean, after, held("PATH=/bin\0TARE_EFFECT=8-1:2\0"))).toEqual({
      leftovers: [text],
      foreign: [],
    });
    expect(await ofTurn(clean, after)).toEqual({
      leftovers: ["199 BPF programs (kprobe, tracing) are still loaded"],
      foreign: [],
    });
  });

  test("is not what another's daemon did to audit", async () => {
    const audit = value({ enabled: 1, pid: 31553, settings: {}, rules: ["-a always,exit -S execve"] });
    const theirs = { "/proc/31553/comm": "osqueryd\n", "/proc/31553/environ": "PATH=/bin\0" };
    expect(await ofTurn(clean, { ...clean, audit }, theirs)).toEqual({
      leftovers: [],
      foreign: [
        "audit is enabled=1, was 0",
        "audit belongs to pid 31553, was 0",
        'audit rule "-a always,exit -S execve" is still loaded',
      ],
    });
  });
});
