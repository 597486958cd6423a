/** auditd touches what the whole node shares, so what it does and undoes is checked step by step, without a kernel. */
import { describe, expect, test } from "vitest";
import variants from "../../src/agents/auditd.ts";
import type { Agent, AgentContext } from "../../src/domain/agent.ts";
import { plainContext } from "../support/agent-context.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";

const variant = (id: string): Agent => {
  const found = variants.variants.find((agent) => agent.id === id);
  if (found === undefined) throw new Error(`auditd.ts has no variant ${id}`);
  return found;
};
const auditd = variant("auditd@blocking");
const dropping = variant("auditd@dropping");

const PROGRAMS = { auditd: "/sbin/auditd", auditctl: "/sbin/auditctl" };
const status = (settings: Readonly<Record<string, number>> = {}): string =>
  Object.entries({
    enabled: 0,
    failure: 1,
    pid: 0,
    rate_limit: 0,
    backlog_limit: 64,
    lost: 7,
    backlog: 0,
    backlog_wait_time: 15000,
    ...settings,
  })
    .map(([name, setting]) => `${name} ${setting}\n`)
    .join("");

/** Audit as `auditctl` would show it. */
const nodeWith = (
  settings: Readonly<Record<string, number>> = {},
  rules = "No rules\n",
  { files, ...more }: FakeHostOptions = {},
): FakeHost =>
  new FakeHost({
    programs: PROGRAMS,
    files: { ...policyFiles(), ...files },
    answer: (command, args, host) => {
      if (command !== "auditctl") return undefined;
      const pid = host.processes[0]?.pid ?? settings["pid"] ?? 0;
      if (args[0] === "-s") return { stdout: status({ ...settings, pid }) };
      return { stdout: args[0] === "-l" ? rules : "auditctl version 3.0.9\n" };
    },
    ...more,
  });

const contextOn = (
  host: FakeHost,
  families: AgentContext["families"] = ["exec", "network"],
  buffers: AgentContext["buffers"] = "usual",
) => {
  const context = plainContext(host, { families, buffers });
  return { context, effects: context.effects };
};

/** What changes the node; reading does not. */
const changes = (host: FakeHost): readonly string[] => host.done.filter((step) => !step.startsWith("run "));

describe("where audit is free", () => {
  test("is available with auditctl's version", async () => {
    expect(await auditd.probe(nodeWith())).toEqual({
      kind: "available",
      version: "3.0.9",
      path: "/sbin/auditd",
    });
  });

  test("starts as settings, daemon, rules, and undoes that in reverse", async () => {
    const host = nodeWith();
    const { context, effects } = contextOn(host);
    await auditd.start(host, context);
    const settings = [
      "audit enabled set to 0",
      "audit failure set to 1",
      "audit rate_limit set to 0",
      "audit backlog_limit set to 8192",
      "audit backlog_wait_time set to 60000",
      "audit freed from its owner, should it be dead",
    ];
    const rules = ["audit rule tare-exec", "audit rule tare-network"];
    const started = [
      ...settings.map((title) => `do ${title}`),
      "start auditd -n -c /turn",
      ...rules.map((title) => `do ${title}`),
    ];
    expect(changes(host)).toEqual(started);
    await effects.undo();
    expect(changes(host).slice(started.length)).toEqual([
      ...rules.toReversed().map((title) => `undo ${title}`),
      "stop auditd",
      ...settings.toReversed().map((title) => `undo ${title}`),
    ]);
  });

  test("puts back what it found and not what is usual", async () => {
    const undone: string[] = [];
    const host = nodeWith(
      { enabled: 1, failure: 0, rate_limit: 5, backlog_limit: 320, backlog_wait_time: 9 },
      "",
      {
        onEffect: (effect) => {
          if (effect.kind === "command") undone.push(...effect.undo.map((command) => command.join(" ")));
        },
      },
    );
    await auditd.start(host, contextOn(host, []).context);
    expect(undone).toEqual([
      "auditctl -e 1",
      "auditctl -f 0",
      "auditctl -r 5",
      "auditctl -b 320",
      "auditctl --backlog_wait_time 9",
      "auditctl -e 1",
      "auditctl -e 0",
    ]);
  });

  test("never writes a configuration that could halt the node or rotate events away", async () => {
    const host = nodeWith();
    await auditd.start(host, contextOn(host).context);
    const text = host.files.get("/turn/auditd.conf") ?? "";
    expect(text).toContain("log_file = /turn/audit.log");
    expect(text).not.toMatch(/HALT|SINGLE|ROTATE|\/etc\//i);
  });

  test("asks only for system calls that the machine has", async () => {
    const rulesOn = async (arch: string): Promise<string> => {
      const host = nodeWith({}, "No rules\n", { arch });
      return (await auditd.start(host, contextOn(host, ["file"]).context)).settings["rules"] ?? "";
    };
    expect(await rulesOn("x86_64")).toContain("-S open -S openat -S openat2 -S creat");
    expect(await rulesOn("aarch64")).toMatch(/arch=b64 -S openat -S openat2 -k/);
  });

  test("asks for changes below the watched directory alone, by one rule a family", async () => {
    const rulesOn = async (arch: string, families: AgentContext["families"]): Promise<readonly string[]> => {
      const host = nodeWith({}, "No rules\n", { arch });
      const { settings } = await variant("auditd@changes").start(host, contextOn(host, families).context);
      return (settings["rules"] ?? "").split("\n");
    };
    expect(await rulesOn("x86_64", ["write", "rename", "delete"])).toEqual([
      "-a always,exit -F arch=b64 -S open -S openat -S openat2 -S creat -F dir=/watched -F perm=w -k tare-write",
      "-a always,exit -F arch=b64 -S rename -S renameat -S renameat2 -F dir=/watched -k tare-rename",
      "-a always,exit -F arch=b64 -S unlink -S unlinkat -F dir=/watched -k tare-delete",
    ]);
    expect(await rulesOn("aarch64", ["delete"])).toEqual([
      "-a always,exit -F arch=b64 -S unlinkat -F dir=/watched -k tare-delete",
    ]);
  });

  test.each([
    ["blocking, as shipped", auditd, "usual", 8192, 60_000],
    ["dropping", dropping, "usual", 8192, 0],
    ["dropping, with the smallest buffers", dropping, "smallest", 64, 0],
  ] as const)(
    "tells the kernel what to do with a full backlog: %s",
    async (_, agent, buffers, limit, wait) => {
      const host = nodeWith();
      await agent.start(host, contextOn(host, ["exec"], buffers).context);
      expect(changes(host)).toContain(`do audit backlog_limit set to ${limit}`);
      expect(changes(host)).toContain(`do audit backlog_wait_time set to ${wait}`);
      expect(agent.overload).toBe(wait === 0 ? "drops" : "blocks");
    },
  );

  test.each([
    [
      "nobody",
      "ffff8f5 9   0          00000000 0 0 0 2 0 6\nffff8f6 15  700        00000001 0 0 0 2 0 7\n",
      /^nobody/,
    ],
    ["journald", "ffff8f5 9   311        00000001 0 0 0 2 0 6\n", /^1 \(journald/],
  ])("states who else reads audit: %s", async (_, sockets, expected) => {
    const header =
      "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n";
    const host = nodeWith({}, "No rules\n", { files: { "/proc/net/netlink": header + sockets } });
    const { settings } = await auditd.start(host, contextOn(host).context);
    expect(settings["alsoListening"]).toMatch(expected);
  });

  test("says that it died, and how, instead of waiting for it", async () => {
    const host = nodeWith({}, "No rules\n", {
      onStart: (process) => {
        process.end({ code: 6, signal: null });
      },
    });
    await expect(auditd.start(host, contextOn(host).context)).rejects.toThrow(
      /ended by itself \(exit status 6\)/,
    );
  });

  test("reads its losses from the kernel", async () => {
    const host = nodeWith();
    const running = await auditd.start(host, contextOn(host).context);
    expect(await running.lost()).toEqual({ kind: "value", value: 7 });
  });
});

describe("where audit is somebody else's", () => {
  test.each([
    ["a daemon owns it", { pid: 812, enabled: 1 }, "No rules\n", /process 812 \(osqueryd\)/],
    ["it is locked", { enabled: 2 }, "No rules\n", /locked/],
    ["another run guards itself", {}, "-a never,task\n", /another tare guards its run/],
    ["it has rules", { enabled: 1 }, "-w /etc/passwd -p wa -k identity\n", /-w \/etc\/passwd/],
  ])("leaves it alone: %s", async (_, settings, rules, reason) => {
    const host = nodeWith(settings, rules, { files: { "/proc/812/comm": "osqueryd\n" } });
    expect(await auditd.probe(host)).toMatchObject({
      kind: "unavailable",
      reason: expect.stringMatching(reason) as string,
      hint: expect.stringMatching(/\w/) as string,
    });
    expect(changes(host)).toEqual([]);
  });

  test("takes an owner that is dead for none, and frees audit of it before its own settings", async () => {
    const host = nodeWith({ pid: 28819 });
    expect(await auditd.probe(host)).toMatchObject({ kind: "available" });
    await auditd.start(host, contextOn(host).context);
    const freed = "do audit freed from its owner 28819, which is dead";
    expect(changes(host).slice(0, 3)).toEqual([freed, freed, "do audit enabled set to 0"]);
  });

  test("says why audit does not answer, as in a container", async () => {
    const host = new FakeHost({
      programs: PROGRAMS,
      answer: () => ({ exitCode: 1, stderr: "Error - audit support not in kernel\n" }),
    });
    expect(await auditd.probe(host)).toMatchObject({
      reason: expect.stringContaining("audit support not in kernel") as string,
    });
  });
});

describe("the rungs of auditd's ladder", () => {
  const rulesOf = async (id: string): Promise<readonly string[]> => {
    const host = nodeWith();
    const running = await variant(id).start(host, contextOn(host).context);
    return (running.settings["rules"] ?? "").split("\n").filter((rule) => rule !== "");
  };

  test("are the same daemon with fewer and fewer conditions that a workload meets", async () => {
    expect(await rulesOf("auditd@idle")).toEqual([]);
    expect(await rulesOf("auditd@loaded")).toEqual([
      "-a always,exit -F arch=b64 -S swapon -k tare-exec",
      "-a always,exit -F arch=b64 -S swapon -k tare-network",
    ]);
    const usual = await rulesOf("auditd@blocking");
    expect(await rulesOf("auditd@filtered")).toEqual(usual.map((rule) => `${rule} -F uid=424242`));
    expect(await rulesOf("auditd@none")).toEqual(usual);
  });

  test("none: auditd writes no log", async () => {
    const host = nodeWith();
    const { outputs } = await variant("auditd@none").start(host, contextOn(host).context);
    expect(host.files.get("/turn/auditd.conf")).toContain("write_logs = no");
    expect(outputs).toEqual([]);
  });

  test.each([
    ["a part of the daemon", {}, ["path = builtin_af_unix", "args = 0640 /turn/events.sock\n"]],
    [
      "a program",
      { "/usr/sbin/audisp-af_unix": "/usr/sbin/audisp-af_unix" },
      ["path = /usr/sbin/audisp-af_unix", "args = 0640 /turn/events.sock string\n"],
    ],
  ])("socket: by its own plug-in, which is %s", async (_, programs, expected) => {
    const host = nodeWith({}, "No rules\n", {
      programs: { ...PROGRAMS, ...programs },
      onStart: ({ spec }, self) => {
        if (spec.command === "auditd") self.files.set("/turn/events.sock", "");
      },
    });
    const running = await variant("auditd@socket").start(host, contextOn(host).context);
    for (const text of expected) expect(host.files.get("/turn/plugins.d/af_unix.conf")).toContain(text);
    expect(host.files.get("/turn/auditd.conf")).toContain("write_logs = no");
    expect(running.processes).toHaveLength(2);
    expect(running.outputs).toMatchObject([{ path: "/turn/events.log" }]);
  });
});
