import { describe, expect, test } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import type { Family } from "../../src/domain/units.ts";
import { agentNamed } from "../support/agent-named.ts";
import { plainContext } from "../support/agent-context.ts";
import { FakeHost } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";

const bpftrace = agentNamed("bpftrace@everything");
const highValue = agentNamed("bpftrace@high-value");
const changes = agentNamed("bpftrace@changes");

const EVENTS = "/sys/kernel/tracing/events/syscalls";
/** `version`: what the program prints when it is asked. */
const nodeWith = (calls: readonly string[], version = ""): FakeHost =>
  new FakeHost({
    answer: () => ({ stdout: version }),
    files: {
      ...policyFiles(),
      ...Object.fromEntries(calls.map((call) => [`${EVENTS}/sys_enter_${call}/id`, "1"])),
    },
  });

const startOn = async (
  host: FakeHost,
  agent: Agent,
  families: readonly Family[],
  watchedDirectory = "/watched",
): Promise<void> => {
  await agent.start(host, plainContext(host, { families, watchedDirectory }));
};

const X86 = ["execve", "execveat", "open", "openat", "openat2", "creat", "connect"];
const ARM = ["execve", "execveat", "openat", "openat2", "connect"];

describe("the program that bpftrace runs", () => {
  const probesFor = async (
    families: readonly Family[],
    calls: readonly string[],
    agent = bpftrace,
  ): Promise<readonly string[]> => {
    const host = nodeWith(calls);
    await startOn(host, agent, families);
    return [...(host.files.get("/turn/tare.bt") ?? "").matchAll(/sys_enter_(\w+)/g)].map(
      ([, call = ""]) => call,
    );
  };

  test("hooks the families that are asked for and no others", async () => {
    expect(await probesFor(["network"], X86)).toEqual(["connect"]);
    expect(await probesFor(["exec", "file"], X86)).toEqual([
      "execve",
      "execveat",
      "open",
      "openat",
      "openat2",
      "creat",
    ]);
  });

  test("names no system call that the machine lacks", async () => {
    expect(await probesFor(["file"], ARM)).toEqual(["openat", "openat2"]);
  });

  test("hooks changes of files by the calls that the machine has", async () => {
    const calls = ["write", "pwrite64", "writev", "renameat", "renameat2", "unlinkat"];
    expect(await probesFor(["write", "rename", "delete"], calls, changes)).toEqual(calls);
    expect(await probesFor(["delete"], ["unlink", "unlinkat"], changes)).toEqual(["unlink", "unlinkat"]);
  });

  test("compares as many bytes of a path as the watched directory has", async () => {
    const host = nodeWith([...X86, "setuid", "setreuid", "setresuid", "bpf"]);
    await startOn(host, highValue, ["high-value"], "/tmp/tare-1/f");
    const program = host.files.get("/turn/tare.bt") ?? "";
    expect(program).toContain('strncmp(str(args->filename), "/tmp/tare-1/f/", 14) == 0');
    expect(program).toMatch(/^tracepoint:sched:sched_process_exec$/m);
  });
});

describe("the path of an exec", () => {
  const highValueOf = async (version: string): Promise<string> => {
    const host = nodeWith([...X86, "setuid", "setreuid", "setresuid", "bpf"], `bpftrace v${version}\n`);
    await startOn(host, highValue, ["high-value"], "/tmp/tare-1/f");
    return host.files.get("/turn/tare.bt") ?? "";
  };

  test.each(["0.22.1", "0.23.2"])(
    "is read from the raw tracepoint by %s, which cannot read it from the other",
    async (version) => {
      const program = await highValueOf(version);
      expect(program).toMatch(/^rawtracepoint:sched_process_exec$/m);
      expect(program).toContain(
        'strncmp(str(kptr(((struct linux_binprm *)arg2)->filename)), "/tmp/tare-1/f/", 14)',
      );
      expect(program).not.toContain("args->filename");
    },
  );

  test.each(["0.17.0", "0.21.3", "0.24.0", "1.0.0", "from git"])(
    "is what the tracepoint says for %s",
    async (version) => {
      const program = await highValueOf(version);
      expect(program).toMatch(/^tracepoint:sched:sched_process_exec$/m);
      expect(program).toContain("str(args->filename)");
    },
  );

  test("of the other programs is a system call's argument in every version", async () => {
    const host = nodeWith(X86, "bpftrace v0.23.2\n");
    await startOn(host, bpftrace, ["exec"]);
    expect(host.files.get("/turn/tare.bt")).toContain("str(args->filename)");
  });
});

describe("a watched directory whose paths would be cut", () => {
  const long = `/${"d".repeat(240)}`;

  test.each([
    ["bpftrace", bpftrace, "file"],
    ["bpftrace, of changes,", changes, "rename"],
    ["opensnoop", agentNamed("opensnoop@libbpf"), "file"],
  ] as const)("is refused by %s before anything is started", async (_, agent, family) => {
    const host = nodeWith(X86);
    await expect(startOn(host, agent, [family], long)).rejects.toThrow(/bytes of a path/);
    expect(host.done).toEqual([]);
  });

  test("is refused for high-value events, which are told by the directory", async () => {
    const host = nodeWith(X86);
    await expect(startOn(host, highValue, ["high-value"], `/${"d".repeat(62)}`)).rejects.toThrow(/has 64$/);
    expect(host.done).toEqual([]);
  });

  test("does not matter where no files are watched", async () => {
    const host = nodeWith(X86);
    await startOn(host, bpftrace, ["exec"], long);
    expect(host.done).toEqual(["start bpftrace -B line /turn/tare.bt"]);
  });
});
