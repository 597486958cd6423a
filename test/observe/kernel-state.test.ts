/** What is set in the kernel is read and compared: sysctls, ftrace, modules, and programs on the path of packets. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import {
  kernelChanges,
  type KernelState,
  parseAttached,
  readKernelState,
  tracedByFtrace,
} from "../../src/observe/kernel-state.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { UNSET_KERNEL } from "../support/kernel-state.ts";

const MOUNTINFO =
  "40 31 0:12 / /sys/kernel/tracing rw,nosuid - tracefs tracefs rw\n" +
  "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n" +
  "42 31 0:39 / /mnt/a\\040b rw - tracefs tracefs rw\n";

/** As bpftool 7.1 and 7.6 print them. */
const NET =
  '[{"xdp":[{"devname":"lo","ifindex":1,"mode":"generic","id":77196}],' +
  '"tc":[{"devname":"eth0","ifindex":2,"kind":"clsact/ingress","name":"cls:[*fsobj]","id":77195}],"flow_dissector":[]}]';
const GROUP =
  '[{"id":77186,"attach_type":"cgroup_inet_ingress","attach_flags":"multi","name":"watch_in","attach_btf_name":"","attach_btf_obj_id":0}]';
const TITLES = [
  "tc clsact/ingress of eth0, cls:[*fsobj]",
  "xdp generic of lo",
  "cgroup_inet_ingress of the root cgroup, watch_in",
];

const FILES = {
  "/proc/sys/kernel/kptr_restrict": "0\n",
  "/proc/sys/kernel/core_pattern": "|/usr/bin/catch  %p\t%e\n",
  "/proc/sys/kernel/yama/ptrace_scope": "1\n",
  "/proc/sys/kernel/random/uuid": "0b5b4d3a-0000-4000-8000-000000000000\n",
  "/proc/sys/kernel/pty/nr": "3\n",
  "/proc/sys/kernel/sched_domain/cpu0/domain0/max_newidle_lb_cost": "14107\n",
  "/proc/sys/fs/file-nr": "900 0 9223372036854775807\n",
  "/proc/sys/fs/binfmt_misc/status": "enabled\n",
  "/proc/sys/fs/inotify/max_user_watches": "65536\n",
  "/proc/sys/net/core/bpf_jit_enable": "1\n",
  "/proc/sys/net/ipv4/ip_forward": "1\n",
  "/sys/kernel/tracing/current_tracer": "nop\n",
  "/sys/kernel/tracing/set_event": "",
  "/sys/class/net/lo/ifindex": "1\n",
  "/sys/class/net/eth0/ifindex": "2\n",
};

const read = async (
  files: Readonly<Record<string, string>>,
  answer: NonNullable<FakeHostOptions["answer"]> = (_, args) => ({
    stdout: args.includes("net") ? NET : GROUP,
  }),
  uid = 0,
): Promise<KernelState> =>
  await readKernelState(
    new FakeHost({ uid, programs: { bpftool: "/sbin/bpftool" }, files: { ...FILES, ...files }, answer }),
    MOUNTINFO,
  );

describe("the state of the kernel", () => {
  test("is its sysctls, but for those that move by themselves", async () => {
    expect((await read({})).sysctls).toEqual({
      "kernel.kptr_restrict": "0",
      "kernel.core_pattern": "|/usr/bin/catch %p %e",
      "kernel.yama.ptrace_scope": "1",
      "fs.inotify.max_user_watches": "65536",
      "net.core.bpf_jit_enable": "1",
    });
  });

  test("is what ftrace is set to do", async () => {
    const state = await read({
      "/sys/kernel/tracing/current_tracer": "function\n",
      "/sys/kernel/tracing/set_event": "sched:sched_switch\nras:mc_event\n",
      "/sys/kernel/tracing/kprobe_events": "p:kprobes/opens do_sys_openat2\n",
      "/sys/kernel/tracing/uprobe_events": "p:uprobes/curl /usr/bin/curl:0x1040\n",
      "/sys/kernel/tracing/instances/rasdaemon/set_event": "ras:mc_event\n",
    });
    expect(state.ftrace).toEqual([
      "the tracer function",
      "the ftrace event sched:sched_switch",
      "the ftrace event ras:mc_event",
      'the probe "p:kprobes/opens do_sys_openat2" of tracefs',
      'the probe "p:uprobes/curl /usr/bin/curl:0x1040" of tracefs',
      "the instance rasdaemon of tracefs",
    ]);
    expect(tracedByFtrace(state)).toEqual(["the tracer function", "the ftrace event sched:sched_switch"]);
    expect((await read({})).ftrace).toEqual([]);
  });

  test("is the modules that are not of the kernel's tree", async () => {
    const modules =
      "falco 815104 2 - Live 0x0000000000000000 (OE)\n" +
      "scap 815104 0 - Live 0x0000000000000000 (O)\n" +
      "nfnetlink_queue 28672 1 - Live 0x0000000000000000\n" +
      "raid6_pq 122880 1 btrfs, Live 0x0000000000000000\n" +
      "staged 4096 0 - Live 0x0000000000000000 (C)\n";
    expect((await read({ "/proc/modules": modules })).modules).toEqual(["falco", "scap"]);
    expect((await read({})).modules).toEqual([]);
  });

  test("is the programs on the path of packets", async () => {
    const asked: string[] = [];
    const { packets } = await read({}, (_, args) => {
      asked.push(args.join(" "));
      return { stdout: args.includes("net") ? NET : GROUP };
    });
    expect(asked).toEqual(["-j net list", "-j cgroup show /sys/fs/cgroup/unified"]);
    expect(packets).toEqual(
      value({
        interfaces: ["eth0", "lo"],
        attached: [
          { interface: "eth0", title: TITLES[0] },
          { interface: "lo", title: TITLES[1] },
          { title: TITLES[2] },
        ],
      }),
    );
    expect(parseAttached('[{"xdp":[],"tc":[],"flow_dissector":[]}]', "")).toEqual([]);
  });

  test("is missing where the programs cannot be listed, and the root cgroup's alone where it has none", async () => {
    expect((await read({}, undefined, 1000)).packets).toEqual(missing("listing BPF programs needs root"));
    expect((await read({}, () => ({ exitCode: 1, stderr: "refused\n" }))).packets).toEqual(
      missing("bpftool net list: refused"),
    );
    expect((await read({}, () => ({ stdout: "no JSON" }))).packets).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/^bpftool net list: /) as string,
    });
    const { packets } = await read({}, (_, args) =>
      args.includes("net") ? { stdout: NET } : { exitCode: 255, stdout: '{"error":"Bad file descriptor"}' },
    );
    expect(packets).toMatchObject({ value: { attached: [{ title: TITLES[0] }, { title: TITLES[1] }] } });
  });
});

describe("what is otherwise in the kernel", () => {
  const textsOf = (before: KernelState, after: KernelState): readonly string[] =>
    kernelChanges(before, after).map(({ text }) => text);

  test("is named, with what it was", () => {
    const after: KernelState = {
      sysctls: { "kernel.kptr_restrict": "1", "kernel.new": "1" },
      ftrace: ["the tracer function"],
      modules: ["falco"],
      packets: value({ interfaces: ["eth0"], attached: [{ interface: "eth0", title: TITLES[0] ?? "" }] }),
    };
    const before: KernelState = {
      sysctls: { "kernel.kptr_restrict": "0", "kernel.gone": "1" },
      ftrace: ["the ftrace event sched:sched_switch"],
      modules: [],
      packets: value({ interfaces: ["eth0"], attached: [] }),
    };
    expect(textsOf(before, after)).toEqual([
      'the sysctl kernel.kptr_restrict is "1", was "0"',
      "the tracer function is there, and was not",
      "the ftrace event sched:sched_switch is gone",
      "the kernel module falco, which is not of the kernel's tree, is still loaded",
      "a BPF program is still on the path of packets: tc clsact/ingress of eth0, cls:[*fsobj]",
    ]);
    expect(textsOf(after, after)).toEqual([]);
  });

  test("is no program of an interface that came meanwhile, nor what could not be read", () => {
    const pod: KernelState = {
      ...UNSET_KERNEL,
      packets: value({
        interfaces: ["veth1"],
        attached: [{ interface: "veth1", title: "xdp generic of veth1" }],
      }),
    };
    expect(textsOf(UNSET_KERNEL, pod)).toEqual([]);
    expect(textsOf({ ...UNSET_KERNEL, packets: missing("not asked") }, pod)).toEqual([]);
    const root: KernelState = {
      ...UNSET_KERNEL,
      packets: value({ interfaces: [], attached: [{ title: TITLES[2] ?? "" }] }),
    };
    expect(textsOf(UNSET_KERNEL, root)).toEqual([
      "a BPF program is still on the path of packets: cgroup_inet_ingress of the root cgroup, watch_in",
    ]);
  });
});
