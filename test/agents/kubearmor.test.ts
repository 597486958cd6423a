/** KubeArmor cannot be had here: what is done to the node is checked in order, what it prints by lines of its run in a guest. */
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Effect } from "../../src/domain/effect.ts";
import kubearmorFile from "../../src/agents/kubearmor.ts";
import { missing, value } from "../../src/domain/units.ts";
import { changesOf, plainContext, tallyWithTokens, variantOf } from "../support/agent-context.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";
import { fixture } from "../support/tally-fixture.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const kubearmor = variantOf(kubearmorFile, "kubearmor");
const enforce = variantOf(kubearmorFile, "kubearmor@enforce");

const PROGRAM = "/opt/tare/agents/kubearmor/1.7.5/opt/kubearmor/kubearmor";
const LSM = "/sys/kernel/security/lsm";
const KERNEL = {
  "/sys/kernel/btf/vmlinux": "BTF",
  "/sys/kernel/tracing/kprobe_events": "",
  "/proc/self/mounts": "bpf /sys/fs/bpf bpf rw 0 0\n",
  [LSM]: "lockdown,capability,landlock,yama,apparmor,bpf",
};

const node = (more: FakeHostOptions = {}): FakeHost =>
  new FakeHost({ ...more, files: { ...policyFiles(), [PROGRAM]: "", ...KERNEL, ...more.files } });

describe("its probe", () => {
  test("finds what was unpacked, and never runs it to ask for its version", async () => {
    const host = node();
    expect(await kubearmor.probe(host)).toEqual({ kind: "available", version: "1.7.5", path: PROGRAM });
    expect(host.done).toEqual([]);
  });

  test.each([
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

  test("steps back from another's pinned maps, which it would delete, and says how to part with them", async () => {
    const host = node({ files: { "/sys/fs/bpf/kubearmor_alert_throttle": "" } });
    const refusal = {
      reason: expect.stringMatching(/another KubeArmor's maps .*: kubearmor_alert_throttle$/) as string,
      hint: expect.stringMatching(/systemctl stop kubearmor/) as string,
    };
    expect(await kubearmor.probe(host)).toEqual({ kind: "unavailable", ...refusal });
    // Somebody may have started it since.
    await expect(kubearmor.start(host, plainContext(host))).rejects.toMatchObject({
      kind: "run-failed",
      message: refusal.reason,
    });
    expect(host.processes).toEqual([]);
  });

  test("steps back from another's policies, which it would enforce", async () => {
    expect(
      await kubearmor.probe(node({ files: { "/opt/kubearmor/policies/hsp-block.yaml": "{}" } })),
    ).toMatchObject({
      reason: expect.stringMatching(/policies, and this one would enforce them: hsp-block\.yaml$/) as string,
      hint: expect.stringContaining("--attach") as string,
    });
  });

  test("lets be what others pin there", async () => {
    const host = node({ files: { "/sys/fs/bpf/cilium/tc": "", "/sys/fs/bpf/my_kubearmor_map": "" } });
    expect(await kubearmor.probe(host)).toMatchObject({ kind: "available" });
  });

  test("is content where it can enforce nothing at all", async () => {
    expect(await kubearmor.probe(node({ files: { [LSM]: "capability,landlock" } }))).toMatchObject({
      kind: "available",
    });
  });
});

describe("as it is started", () => {
  const folder = temporaryFolder();

  test("enforces and throttles nothing, writes to the turn's folder, and leaves nothing", async () => {
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
    const PINS = "what kubearmor pins in /sys/fs/bpf";
    const [leavings = "", ...rest] = changesOf(host);
    expect(leavings).toMatch(/^do what kubearmor leaves in \/opt\/kubearmor, /);
    expect(rest).toEqual([
      `do ${PINS}`,
      `start ${PROGRAM}`,
      `stop ${PROGRAM}`,
      `undo ${PINS}`,
      leavings.replace(/^do/, "undo"),
    ]);
  });

  test("takes away whatever it has pinned by then, and nothing of others", async () => {
    const undone: (readonly string[])[] = [];
    const host = node({
      onEffect: (effect) => {
        if (effect.kind === "command" && effect.title.includes("pins")) undone.push(...effect.undo);
      },
    });
    await kubearmor.start(host, plainContext(host));
    const names = [
      "kubearmor_config",
      "kubearmor-network-bandwidth-rules",
      "protectproc_preset_containers",
      "proc_file_access",
      "my_kubearmor_map",
      "tetragon",
    ];
    for (const name of names) writeFileSync(join(folder, name), "");
    const [[command = "", ...args] = []] = undone;
    expect(args[0]).toBe("/sys/fs/bpf");
    const done = spawnSync(command, [folder, ...args.slice(1)], { encoding: "utf8" });
    expect([done.status, done.stderr]).toEqual([0, ""]);
    expect(readdirSync(folder).toSorted()).toEqual(["my_kubearmor_map", "tetragon"]);
  });

  test("keeps an installation of the node's owner", async () => {
    const effects: Effect[] = [];
    const host = node({
      files: { "/opt/kubearmor/kubearmor.yaml": "k8s: false\n" },
      onEffect: (effect) => effects.push(effect),
    });
    await kubearmor.start(host, plainContext(host));
    expect(effects.find(({ kind }) => kind === "leavings")).toMatchObject({
      places: [
        { path: "/opt/kubearmor", mounts: [] },
        { path: "/opt/kubearmor/policies" },
        { path: "/var/lib/kubearmor" },
        { path: "/tmp/kubearmor.selinux" },
        { path: "/tmp/karmorProbeData.cfg" },
        { path: "/sys/kernel/security", mounts: [] },
      ],
    });
  });
});

describe("as it denies", () => {
  /** `through`: how many of its tries of denied things succeed once it runs, beyond those before its policy is in force. */
  const startOn = (through: number, early = 0) => {
    let left = through;
    let soon = early;
    const host = node({
      answer: (command, args, self) => {
        const tried = [command, ...args].find((word) => word.startsWith("/turn/")) ?? "";
        if (tried.startsWith("/turn/allowed/") || self.processes.length === 0) return { exitCode: 0 };
        if (!tried.startsWith("/turn/denied/")) return undefined;
        if (soon > 0) {
          soon -= 1;
          return { exitCode: 0 };
        }
        left -= 1;
        return { exitCode: left >= 0 ? 0 : 1 };
      },
    });
    const context = plainContext(host, { families: ["exec", "file"] });
    return { host, context, running: enforce.start(host, context) };
  };

  test("has a policy for its folder where it looks for policies, chosen by a name of the host's own, and takes it away", async () => {
    const { host, context, running } = startOn(0);
    const { settings } = await running;
    expect(JSON.parse(host.files.get("/turn/enforce.json") ?? "")).toMatchObject({
      metadata: { policyName: "tare-enforce" },
      spec: {
        nodeSelector: { matchLabels: { "kubearmor.io/hostname": "tare" } },
        process: { matchDirectories: [{ dir: "/turn/denied/", recursive: true }] },
        file: { matchDirectories: [{ dir: "/turn/denied/", recursive: true }] },
        action: "Block",
      },
    });
    expect(parse(host.files.get("/turn/kubearmor.yaml") ?? "")).toMatchObject({ host: "tare" });
    expect(settings["denied"]).toMatch(/^20 of 20 /);
    await context.effects.undo();
    const changes = changesOf(host);
    const [put, taken] = ["do", "undo"].map((step) =>
      changes.indexOf(`${step} a policy of tare's own in /opt/kubearmor/policies`),
    );
    expect(put).toBeLessThan(changes.indexOf(`start ${PROGRAM}`));
    expect(taken).toBeGreaterThan(changes.indexOf(`stop ${PROGRAM}`));
  });

  test("is waited for until its policy is in force, and is a failure where one gets through then", async () => {
    expect((await startOn(0, 4).running).settings["denied"]).toMatch(/^20 of 20 /);
  });

  test("needs the BPF security module, for it would write profiles without", async () => {
    expect(await enforce.probe(node({ files: { [LSM]: "capability,landlock" } }))).toMatchObject({
      reason: "the kernel runs no BPF security module (it runs capability, landlock)",
    });
    expect(await enforce.probe(node())).toMatchObject({ kind: "available" });
  });
});

const [exec = "", open = "", connect = "", syscall = ""] = fixture("kubearmor-1.7.5-rc1.jsonl").split("\n");

describe("its output", () => {
  test.each([
    ["exec", exec, "TK-0a51-00000001"],
    // The command that opened the file stands in the line, too.
    ["file", open, "TK-0a51/00000001"],
    ["network", connect, "127.16.0.1"],
  ] as const)("carries the token of an event of %s once a line", async (family, line, was) => {
    const running = await kubearmor.start(node(), plainContext(node()));
    expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
  });

  test("names the same connection a second time by the system call, which is not counted", async () => {
    const running = await kubearmor.start(node(), plainContext(node()));
    expect(syscall).toContain("127.16.0.1");
    expect(tallyWithTokens(running, "network", syscall, "127.16.0.1")).toMatchObject({ delivered: 0 });
  });
});

describe("its losses", () => {
  const LOG = "/turn/kubearmor.log";
  /** As zap's console encoder writes a warning: KubeArmor/log/logger.go. */
  const warning = (text: string): string => `2026-01-01 00:00:00.000000\t\u001b[33mWARN\u001b[0m\t${text}\n`;

  test("are what it writes to its log, of which no line is read twice", async () => {
    const host = node();
    const running = await kubearmor.start(host, plainContext(host));
    expect(await running.lost()).toEqual(missing(`${LOG}: no such file`));
    const first = `${warning("Lost Perf Events Count : 12")}INFO Started\n${warning("Lost Perf Events Count : 30")}`;
    const next = warning("Lost Perf Events Count : 4294967295");
    host.files.set(LOG, first + next.slice(0, -5));
    expect(await running.lost()).toEqual(value(42));
    host.files.set(LOG, first + next);
    expect(await running.lost()).toEqual(value(42 + 4294967295));
    expect(await running.lost()).toEqual(value(42 + 4294967295));
  });

  test("are read after something has happened on each CPU, for until then the kernel has not told of them", async () => {
    const host = node({
      answer: (command, args, self) => {
        if (command === "taskset" && args[1] === "1") {
          self.files.set(LOG, warning("Lost Perf Events Count : 7"));
        }
        return {};
      },
    });
    const running = await kubearmor.start(host, plainContext(host));
    expect(await running.lost()).toEqual(value(7));
  });

  test("are told to be of samples, of which an operation has several", async () => {
    const running = await kubearmor.start(node(), plainContext(node()));
    expect(running.settings["losses"]).toMatch(/samples .*several for each operation/);
    expect(kubearmor.coverage.notes.join("\n")).toMatch(/an exec is at least two/);
  });
});
