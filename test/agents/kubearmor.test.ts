/** KubeArmor cannot be had here: what is done to the node is checked in order, what it prints by what its source writes. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import kubearmor from "../../src/agents/kubearmor.ts";
import { missing, value } from "../../src/domain/units.ts";
import { changesOf, plainContext, tallyWithTokens } from "../support/agent-context.ts";
import type { FakeHostOptions } from "../support/fake-host.ts";
import { FakeHost } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";

const PROGRAM = "/opt/tare/agents/kubearmor/1.7.5/opt/kubearmor/kubearmor";
const LSM = "/sys/kernel/security/lsm";
const KERNEL = {
  "/sys/kernel/btf/vmlinux": "",
  "/sys/kernel/tracing/kprobe_events": "",
  "/proc/self/mounts": "bpf /sys/fs/bpf bpf rw 0 0\n",
  [LSM]: "lockdown,capability,landlock,yama,apparmor,bpf",
};

const node = (more: FakeHostOptions = {}): FakeHost =>
  new FakeHost({ ...more, files: { ...policyFiles(), [PROGRAM]: "", ...KERNEL, ...more.files } });

describe("its probe", () => {
  it("finds what was unpacked, and never runs it to ask for its version", async () => {
    const host = node();
    expect(await kubearmor.probe(host)).toEqual({ kind: "available", version: "1.7.5", path: PROGRAM });
    expect(host.done).toEqual([]);
  });

  it.each([
    [
      "it would load profiles of its own",
      "capability,apparmor",
      /profiles of its own into apparmor/,
      /lsm=capability,apparmor,bpf/,
    ],
    ["nobody can see the modules", undefined, /cannot be seen/, /mount -t securityfs/],
  ])("steps back where %s", async (_, modules, reason, hint) => {
    const host = node();
    if (modules === undefined) host.files.delete(LSM);
    else host.files.set(LSM, modules);
    expect(await kubearmor.probe(host)).toMatchObject({
      kind: "unavailable",
      reason: expect.stringMatching(reason) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });

  it("is content where it can enforce nothing at all", async () => {
    expect(await kubearmor.probe(node({ files: { [LSM]: "capability,landlock" } }))).toMatchObject({
      kind: "available",
    });
  });
});

describe("as it is started", () => {
  it("enforces and throttles nothing, writes to the turn's folder, and leaves nothing", async () => {
    const host = node();
    const context = plainContext(host, { families: ["exec", "network"] });
    await kubearmor.start(host, context);
    expect(parse(host.files.get("/turn/kubearmor.yaml") ?? "")).toMatchObject({
      k8s: false,
      enableKubeArmorHostPolicy: true,
      enableKubeArmorPolicy: false,
      enableNetworkPolicyEnforcer: false,
      alertThrottling: false,
      hostVisibility: "process,network",
      visibility: "none",
      logPath: "/turn/events.jsonl",
    });
    expect(host.processes[0]?.spec).toMatchObject({
      args: [],
      cwd: "/turn",
      env: { KUBEARMOR_CFG: "/turn/kubearmor.yaml" },
    });
    await context.effects.undo();
    const [leavings = "", ...rest] = changesOf(host);
    expect(leavings).toMatch(
      /^do what kubearmor leaves in \/opt\/kubearmor, .*\/sys\/fs\/bpf\/kubearmor_visibility/,
    );
    expect(rest).toEqual([`start ${PROGRAM}`, `stop ${PROGRAM}`, leavings.replace(/^do/, "undo")]);
  });

  it("keeps an installation of the node's owner", async () => {
    const undone: string[] = [];
    const host = node({
      files: { "/opt/kubearmor/kubearmor.yaml": "k8s: false\n" },
      onEffect: (effect) => {
        if (effect.kind === "command") undone.push(...effect.undo.flat());
      },
    });
    await kubearmor.start(host, plainContext(host));
    expect(undone).not.toContain("/opt/kubearmor");
    expect(undone).toContain("/var/lib/kubearmor");
  });
});

/** Resource and Data as KubeArmor/monitor/logUpdate.go and systemMonitor.go of 1.7 compose them. */
const LINES = {
  exec: '{"HostPID":7,"Operation":"Process","Resource":"/usr/bin/noop ARGUMENT","Data":"syscall=SYS_EXECVE","Result":"Passed"}',
  file: '{"HostPID":7,"Operation":"File","Resource":"/watched/FILE","Data":"syscall=SYS_OPENAT fd=-100 flags=O_RDONLY","Result":"Passed"}',
  network:
    '{"HostPID":7,"Operation":"Network","Resource":"remoteip=10.0.0.1 port=12345 protocol=TCP","Data":"kprobe=tcp_connect domain=AF_INET","Result":"Passed"}',
} as const;

describe("its output", () => {
  it.each([
    ["exec", LINES.exec, "ARGUMENT"],
    ["file", LINES.file, "FILE"],
    ["network", LINES.network, "10.0.0.1"],
  ] as const)("carries the token of an event of %s once a line", async (family, line, was) => {
    const host = node();
    const running = await kubearmor.start(host, plainContext(host));
    expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
  });

  it("names the same connection a second time by the system call, which is not counted", async () => {
    const running = await kubearmor.start(node(), plainContext(node()));
    const line =
      '{"Operation":"Network","Resource":"sa_family=AF_INET sin_port=80 sin_addr=10.0.0.1","Data":"syscall=SYS_CONNECT fd=3"}';
    expect(tallyWithTokens(running, "network", line, "10.0.0.1")).toMatchObject({ delivered: 0 });
  });
});

describe("its losses", () => {
  it("are what it writes to its log", async () => {
    const host = node();
    const running = await kubearmor.start(host, plainContext(host));
    expect(await kubearmor.declaredLoss(host, running)).toEqual(missing("/turn/kubearmor.log: no such file"));
    host.files.set(
      "/turn/kubearmor.log",
      "WARN Lost Perf Events Count : 12\nINFO Started\nWARN Lost Perf Events Count : 30\n",
    );
    expect(await kubearmor.declaredLoss(host, running)).toEqual(value(42));
  });
});
