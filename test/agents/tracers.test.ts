/** Tracers on captured output of the versions that Debian 12 has, and what is particular to each. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import fileDelete from "../../scenarios/file-delete.ts";
import fileOpen from "../../scenarios/file-open.ts";
import fileRename from "../../scenarios/file-rename.ts";
import fileWrite from "../../scenarios/file-write.ts";
import highValue from "../../scenarios/high-value.ts";
import processExec from "../../scenarios/process-exec.ts";
import acct from "../../src/agents/acct.ts";
import perfTrace from "../../src/agents/perf-trace.ts";
import strace from "../../src/agents/strace.ts";
import type { TokenForm } from "../../src/domain/agent.ts";
import { type Family, known } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { gapIn } from "../../src/run/coverage.ts";
import { plainContext } from "../support/agent-context.ts";
import { agentNamed } from "../support/agent-named.ts";
import { ROOT } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { fixture, tallyFixture } from "../support/tally-fixture.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The form that an agent really uses for a family. */
const formOf = async (id: string, family: Family): Promise<TokenForm> => {
  const host = new FakeHost({
    files: { "/turn/pacct": "" },
    acts: (_, self) => self.files.set("/turn/pacct", "a record"),
  });
  const running = await agentNamed(id).start(host, plainContext(host, { families: [family] }));
  const form = running.outputs.flatMap(({ forms }) => forms[family] ?? [])[0];
  if (form === undefined) throw new Error(`${id} has no form for ${family}`);
  return form;
};

describe("captured output", () => {
  test.each([
    // Of 12 execs two came with their arguments, the others with their name alone or with none.
    ["forkstat", "exec", "forkstat-0.03.01-1.log", 12, { delivered: 2, duplicates: 0, foreign: 0 }],
    // All of the hard links that were opened have the name of one that was not.
    ["fatrace", "file", "fatrace-0.17.0-1.log", 6, { delivered: 0, duplicates: 0, foreign: 2 }],
    ["execsnoop@libbpf", "exec", "execsnoop-libbpf-0.26.0.log", 3, { delivered: 3, duplicates: 0 }],
    [
      "opensnoop@libbpf",
      "file",
      "opensnoop-libbpf-0.26.0.log",
      3,
      { delivered: 3, duplicates: 0, foreign: 1 },
    ],
    // In a guest with Debian's kernel 6.12; the source address stands before the destination and is no token.
    ["tcpconnect@libbpf", "network", "tcpconnect-libbpf-0.26.0.log", 3, { delivered: 3, duplicates: 0 }],
    ["strace", "exec", "strace-6.1.log", 2, { delivered: 2, duplicates: 0, foreign: 1 }],
    ["strace", "file", "strace-6.1.log", 2, { delivered: 2, duplicates: 0, foreign: 1 }],
    ["strace", "network", "strace-6.1.log", 2, { delivered: 2, duplicates: 0, foreign: 1 }],
  ] as const)("of %s tells of %s: %s", async (id, family, name, operations, expected) => {
    const form = await formOf(id, family);
    expect(tallyFixture(name, { form, family, trial: "0a51", operations })).toMatchObject(expected);
  });

  test.each([
    ["acct", "exec", "acct-6.6.4.pacct", { delivered: 3, duplicates: 0, foreign: 1, lines: 7 }],
    // An exec that another line interrupts is on two lines and counts once.
    ["perf-trace", "exec", "perf-trace-6.1.187.log", { delivered: 10, foreign: 1 }],
    ["perf-trace", "network", "perf-trace-6.1.187.log", { delivered: 4, foreign: 1 }],
  ] as const)("of %s is counted: %s", async (id, family, name, expected) => {
    const form = await formOf(id, family);
    const operations = expected.delivered;
    const counted = tallyFixture(name, { form, family, trial: "0a51", operations, warmup: 1 });
    expect(counted).toMatchObject(expected);
  });

  test("of perf trace has pointers where a path would be", () => {
    expect(fixture("perf-trace-6.1.187.log")).toMatch(/openat\(dfd: CWD, filename: 0x[0-9a-f]+,/);
  });
});

describe("agents that show no argument", () => {
  test.each([acct, perfTrace])(
    "$id counts where all operations have one name, and says so elsewhere",
    (agent) => {
      expect(gapIn(agent, processExec, "disk")?.extent).not.toBe("all");
      expect(gapIn(agent, highValue, "disk")).toMatchObject({
        extent: "all",
        why: expect.stringContaining("high-value runs several programs") as string,
      });
    },
  );
});

describe("fatrace", () => {
  test("sees nothing on tmpfs, and cannot tell hard links apart on a disk", () => {
    const fatrace = agentNamed("fatrace");
    expect(gapIn(fatrace, fileOpen, "tmpfs")).toMatchObject({ extent: "all" });
    expect(gapIn(fatrace, fileOpen, "disk")).toMatchObject({ extent: "some" });
  });

  test("names the file of a write, and the folder alone of a rename and a deletion", () => {
    const changes = agentNamed("fatrace@changes");
    expect(gapIn(changes, fileWrite, "disk")).toMatchObject({ extent: "some" });
    for (const scenario of [fileRename, fileDelete])
      expect(gapIn(changes, scenario, "disk")).toMatchObject({ extent: "all" });
    expect(gapIn(changes, fileWrite, "tmpfs")).toMatchObject({ extent: "all" });
  });
});

describe("process accounting", () => {
  const programs = { accton: "/usr/sbin/accton" };

  test("is left alone where it is on already", async () => {
    const records = "/var/log/account/pacct";
    const host = new FakeHost({
      programs,
      files: { [records]: "" },
      answer: (command, _, self) => {
        if (command === "true") self.files.set(records, "a record");
        return {};
      },
    });
    expect(await acct.probe(host)).toMatchObject({
      kind: "unavailable",
      reason: expect.stringContaining(records) as string,
      hint: expect.stringContaining("accton off") as string,
    });
  });

  test("is switched off before its file is removed", async () => {
    const host = new FakeHost({ acts: (_, self) => self.files.set("/turn/pacct", "a record") });
    const effects = host.effects.scope("turn");
    await effects.perform({ kind: "directory", path: "/turn" });
    await acct.start(host, plainContext(host, { effects }));
    expect(await effects.undo()).toEqual([]);
    expect(host.done.filter((step) => !step.startsWith("run "))).toEqual([
      "do directory /turn",
      "do process accounting into a file of the run's own",
      "acted accton /turn/pacct",
      "undo process accounting into a file of the run's own",
      "acted accton off",
      "undo directory /turn",
    ]);
  });

  test("that writes nothing is no start", async () => {
    const host = new FakeHost();
    await expect(acct.start(host, plainContext(host))).rejects.toThrow(/leave no record/);
  });
});

describe("strace", () => {
  const folder = temporaryFolder();

  test("lets go of the workload when it is stopped, and leaves nothing", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const probe = await strace.probe(host);
    ctx.skip(probe.kind === "unavailable", probe.kind === "unavailable" ? probe.reason : "");
    const sleeper = spawn("sleep", ["300"], { stdio: "ignore" });
    const pid = sleeper.pid ?? 0;
    const tracerOf = async (): Promise<number> =>
      Number(/^TracerPid:\t(\d+)$/m.exec(known(await host.readText(`/proc/${pid}/status`)) ?? "")?.[1]);
    try {
      const scope = host.effects.scope("strace");
      await scope.perform({ kind: "directory", path: `${folder}/turn` });
      const running = await strace.start(host, {
        ...plainContext(new FakeHost()),
        directory: `${folder}/turn`,
        effects: scope,
        launch: (spec, stop) => scope.start(spec, stop),
      });
      await running.attach?.([pid]);
      const tracer = await tracerOf();
      expect(tracer).toBeGreaterThan(0);
      expect(await scope.undo()).toEqual([]);
      expect(await tracerOf()).toBe(0);
      await expect.poll(() => host.alive(tracer)).toBe(false);
      expect(host.alive(pid)).toBe(true);
    } finally {
      sleeper.kill("SIGKILL");
      await once(sleeper, "exit");
    }
  });

  test("says so when it cannot attach", async () => {
    const host = new FakeHost({ files: { "/proc/7/task/7/status": "TracerPid:\t0\n" } });
    const running = await strace.start(host, plainContext(host));
    await expect(running.attach?.([7, 8])).rejects.toThrow(/has not attached to process 7/);
    expect(host.processes[0]?.input).toEqual(["7,8"]);
  });

  test("is not to be had where nobody may attach", async () => {
    const host = new FakeHost({
      programs: { strace: "/usr/bin/strace" },
      files: { "/proc/sys/kernel/yama/ptrace_scope": "3\n" },
    });
    expect(await strace.probe(host)).toMatchObject({
      kind: "unavailable",
      reason: expect.stringContaining("ptrace_scope") as string,
    });
  });

  test("refuses a trial that would take minutes", () => {
    expect(strace.tooManyOperations?.(15_000)).toBeUndefined();
    expect(strace.tooManyOperations?.(500_000)).toMatch(/500000 operations/);
  });
});

describe("perf trace", () => {
  test("asks for the calls that this machine has, with the smallest buffers when asked to", async () => {
    const tracepoints = ["execve", "execveat", "openat", "openat2", "connect"];
    const files = Object.fromEntries(
      tracepoints.map((call) => [`/sys/kernel/tracing/events/syscalls/sys_enter_${call}/id`, "1"]),
    );
    const host = new FakeHost({ files });
    const context = plainContext(host, { buffers: "smallest" });
    host.files.set(`${context.directory}/perf-trace.err`, "0.1 node/1 openat() = 3\n");
    await perfTrace.start(host, context);
    expect(host.processes[0]?.spec.args).toEqual([
      "trace",
      "-a",
      "-e",
      "execve,execveat,openat,openat2,connect",
      "-m",
      "1",
    ]);
  });
});

test("perf trace that prints nothing fails with the time that was waited", async () => {
  const host = new FakeHost({});
  await expect(perfTrace.start(host, plainContext(host))).rejects.toThrow(
    "printed no system call within 20 s",
  );
});

describe("tools of bcc", () => {
  const programs = { "tcpconnect-bpfcc": "/usr/sbin/tcpconnect-bpfcc", tcpconnect: "/usr/sbin/tcpconnect" };
  const probeWith = (files: Readonly<Record<string, string>>, id: string) =>
    agentNamed(id).probe(
      new FakeHost({ programs, files: { "/proc/sys/kernel/osrelease": "6.12.0\n", ...files } }),
    );
  const KPROBES = { "/sys/kernel/tracing/kprobe_events": "" };

  test.each(["tcpconnect@bcc", "tcpconnect@libbpf"])(
    "%s needs kprobes, and names the way out",
    async (id) => {
      expect(await probeWith({ "/sys/kernel/tracing/README": "" }, id)).toMatchObject({
        kind: "unavailable",
        reason: expect.stringContaining("kprobes") as string,
        hint: expect.stringContaining("VM") as string,
      });
    },
  );

  test("compile with the kernel's headers, and name the package", async () => {
    expect(await probeWith(KPROBES, "tcpconnect@bcc")).toMatchObject({
      kind: "unavailable",
      hint: expect.stringContaining("linux-headers-6.12.0") as string,
    });
    const headers = { "/lib/modules/6.12.0/build/Makefile": "" };
    expect(await probeWith({ ...KPROBES, ...headers }, "tcpconnect@bcc")).toMatchObject({
      kind: "available",
    });
  });
});

describe("sysdig", () => {
  const probeWith = (help: string, files: Readonly<Record<string, string>>) =>
    agentNamed("sysdig").probe(
      new FakeHost({
        programs: { sysdig: "/usr/bin/sysdig" },
        files: { "/proc/sys/kernel/osrelease": "6.12.0\n", ...files },
        answer: (_, args) => ({ stdout: args.includes("--help") ? help : "sysdig version 0.40.0" }),
      }),
    );

  test("without modern BPF needs its module, and names three ways out", async () => {
    expect(await probeWith("-B, --bpf", {})).toMatchObject({
      kind: "unavailable",
      reason: expect.stringContaining("scap is not loaded") as string,
      hint: expect.stringMatching(/falcosecurity-scap-dkms.*0\.31.*VM/) as string,
    });
    expect(await probeWith("-B, --bpf", { "/sys/module/scap/version": "1" })).toMatchObject({
      kind: "available",
    });
  });

  test("with modern BPF needs BTF, and is started with it", async () => {
    expect(await probeWith("--modern-bpf", {})).toMatchObject({
      hint: expect.stringContaining("CONFIG_DEBUG_INFO_BTF") as string,
    });
    expect(await probeWith("--modern-bpf", { "/sys/kernel/btf/vmlinux": "btf" })).toMatchObject({
      kind: "available",
      version: "0.40.0",
    });
    const host = new FakeHost({ answer: () => ({ stdout: "--modern-bpf" }) });
    await agentNamed("sysdig").start(host, plainContext(host, { families: ["exec", "network"] }));
    expect(host.processes[0]?.spec.args).toEqual([
      "--modern-bpf",
      "--unbuffered",
      "-p",
      "*%evt.type pid=%proc.pid cmdline=%proc.cmdline fd=%fd.name",
      "evt.dir = < and (evt.type in (execve, execveat) or evt.type = connect)",
    ]);
  });
});
