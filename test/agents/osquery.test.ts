/** What osquery is started with, what is put back after it, and its own lines: those that the project has seen, and those of its documentation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import variants from "../../src/agents/osquery.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { PlainFamily } from "../../src/domain/units.ts";
import { createTally } from "../../src/observe/ledger.ts";
import { plainContext, tallyWithTokens, variantOf } from "../support/agent-context.ts";
import { FakeHost } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";
import { TOKEN_IN } from "../support/workloads.ts";

const [watched, unwatched, bpf] = variants.variants as readonly [Agent, Agent, Agent];
const INSTALLED = "/opt/tare/agents/osquery/5.23.1/opt/osquery/bin/osqueryd";
const STATUS =
  "enabled 0\nfailure 1\npid 0\nrate_limit 0\nbacklog_limit 320\nlost 5\nbacklog_wait_time 15000\n";

/** Lines of its help, as Flag::printFlags in osquery/core/flags.cpp lays them out; descriptions from the source. */
const HELP = {
  "5.23.1":
    "    --enable_bpf_events         Enables the bpf_process_events publisher\n    --disable_audit             Disable receiving events from the audit subsystem\n",
  later:
    "    --disable_audit             Disable receiving events from the audit subsystem\n    --enable_bpf_events_v2      Something else\n",
} as const;
const KERNEL = {
  "/proc/sys/kernel/osrelease": "6.1.0-40-amd64\n",
  "/sys/kernel/tracing/kprobe_events": "",
  "/sys/kernel/tracing/events/syscalls/sys_enter_connect/id": "1\n",
};

const node = (help: string = HELP["5.23.1"]): FakeHost =>
  new FakeHost({
    programs: { auditctl: "/sbin/auditctl", [INSTALLED]: INSTALLED },
    files: { ...policyFiles(), [INSTALLED]: "", ...KERNEL },
    answer: (command, args) => {
      if (args[0] === "--help") return { stdout: help };
      if (command === INSTALLED) return { stdout: "osqueryd version 5.23.1\n" };
      return { stdout: args[0] === "-s" ? STATUS : "No rules\n" };
    },
  });

/** With an owner of audit by the time that it is asked for again: the daemon has begun. */
const owned = (pid: number): FakeHost => {
  const host = node();
  return Object.assign(host, {
    run: async (command: string, args: readonly string[]) => {
      const said = await FakeHost.prototype.run.call(host, command, args);
      return host.processes.length > 0 && args[0] === "-s"
        ? { ...said, stdout: said.stdout.replace("pid 0", `pid ${pid}`) }
        : said;
    },
  });
};

const startOn = async (host: FakeHost, agent: Agent, families: readonly PlainFamily[], smallest = false) => {
  const context = plainContext(host, { families, buffers: smallest ? "smallest" : "usual" });
  return { running: await agent.start(host, context), effects: context.effects };
};

const seen = (): readonly string[] =>
  readFileSync(join(import.meta.dirname, "fixtures/osquery-5.23.1.jsonl"), "utf8")
    .trimEnd()
    .split("\n");

const changes = (host: FakeHost): readonly string[] => host.done.filter((step) => !step.startsWith("run "));

describe("osquery", () => {
  test("is found where `tare agents install` unpacks it", async () => {
    expect(await watched.probe(node())).toEqual({ kind: "available", version: "5.23.1", path: INSTALLED });
  });

  test("is started between the kernel's settings and their undo, and its rules go after it", async () => {
    const host = node();
    const { effects } = await startOn(host, watched, ["exec"]);
    const settings = [
      "enabled set to 0",
      "failure set to 1",
      "rate_limit set to 0",
      "backlog_limit set to 4096",
    ];
    const before = [
      ...settings,
      "backlog_wait_time set to 0",
      "freed from its owner, should it be dead",
      "rules that osquery adds",
    ];
    expect(changes(host)).toEqual([
      ...before.map((title) => `do audit ${title}`),
      `start ${INSTALLED} --flagfile=/turn/osquery.flags`,
    ]);
    const done = changes(host).length;
    await effects.undo();
    expect(changes(host).slice(done)).toEqual([
      `stop ${INSTALLED}`,
      ...before.toReversed().map((title) => `undo audit ${title}`),
    ]);
  });

  test.each([
    ["both families, watchdog on", watched, ["exec", "network"], false, ["true", "true", "4096", "false"]],
    ["exec alone, watchdog off, smallest", unwatched, ["exec"], true, ["true", "false", "64", "true"]],
  ] as const)("is told what to watch: %s", async (_, agent, families, smallest, expected) => {
    const host = node();
    await startOn(host, agent, families, smallest);
    const given = new Map(
      (host.files.get("/turn/osquery.flags") ?? "").split("\n").map((line) => {
        const [name = "", setting = ""] = line.split("=");
        return [name, setting];
      }),
    );
    const names = ["allow_process_events", "allow_sockets", "backlog_limit"].map((name) => `--audit_${name}`);
    expect([...names, "--disable_watchdog"].map((name) => given.get(name))).toEqual(expected);
    const outside = [...given.values()].filter((path) => path.startsWith("/") && !path.startsWith("/turn/"));
    expect(outside).toEqual([]);
  });

  test("does not know its losses once its watchdog has ended a worker", async () => {
    const host = node();
    const { running } = await startOn(host, watched, ["exec"]);
    host.files.set(
      "/turn/osqueryd.err",
      "W1128 16:11:47.0 2 watcher.cpp:415] osqueryd worker (4711) stopping: Memory limits exceeded: 215000000\n",
    );
    expect(await running.lost()).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/^its watchdog ended a worker 1 times/) as string,
    });
  });

  test("watches a folder's files for what its rules cost, and counts none of its rows", async () => {
    const fim = variantOf(variants, "osquery@fim");
    const host = owned(7);
    const context = plainContext(host, { families: [...fim.observes] });
    const running = await fim.start(host, context);
    expect(fim.uncounted).toEqual(fim.observes);
    expect(running.outputs).toEqual([]);
    expect(JSON.parse(host.files.get("/turn/osquery.conf") ?? "")).toMatchObject({
      file_paths: { watched: ["/watched/%%"] },
    });
    const given = host.files.get("/turn/osquery.flags") ?? "";
    for (const flag of ["fim_events=true", "process_events=false", "sockets=false"])
      expect(given).toContain(`--audit_allow_${flag}\n`);
    expect(changes(host)).toContain("do audit rules that osquery adds");
  });

  test("as shipped has its package's own example, and is a failure without it", async () => {
    const shipped = variantOf(variants, "osquery@shipped");
    const host = node();
    await expect(shipped.start(host, plainContext(host))).rejects.toThrow(/own example cannot be read/);
    const example = '{ "schedule": {} }\n';
    host.files.set("/opt/tare/agents/osquery/5.23.1/opt/osquery/share/osquery/osquery.example.conf", example);
    host.files.set("/turn/osquery.db/CURRENT", "MANIFEST-1\n");
    await shipped.start(host, plainContext(host));
    expect(host.files.get("/turn/osquery.conf")).toBe(example);
    expect(host.files.get("/turn/osquery.flags")).not.toMatch(/audit|watchdog/);
    expect(changes(host)).toEqual([`start ${INSTALLED} --flagfile=/turn/osquery.flags`]);
  });

  test("audits no accepts, which its schedule does not ask for: each loss would be counted twice", async () => {
    const host = node();
    const { running } = await startOn(host, watched, ["network"]);
    expect(host.files.get("/turn/osquery.flags")).toContain("--audit_allow_accept_socket_events=false\n");
    const text = seen().find((one) => one.includes("127.16.0.0")) ?? "";
    expect(tallyWithTokens(running, "network", text, "127.16.0.0")).toMatchObject({
      delivered: 2,
      duplicates: 0,
    });
  });

  test("hands out execs with their command lines, and quotes within a folder's name do not hide them", async () => {
    const { running } = await startOn(node(), watched, ["exec"]);
    const text = seen().find((one) => one.includes("TK-0a51-00000000")) ?? "";
    expect(text).toContain(String.raw`"cwd":"\"/tmp\""`);
    expect(tallyWithTokens(running, "exec", text, "TK-0a51-00000000")).toMatchObject({ delivered: 2 });
  });

  test("does not know its losses where it has lost audit, whose records nobody reads or counts then", async () => {
    const host = node();
    const { running } = await startOn(host, watched, ["exec"]);
    expect(await running.lost()).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/^audit belongs to nobody any more/) as string,
    });
  });

  test("declares the events that it removes from its database beside what the kernel could not queue", async () => {
    const host = owned(7);
    const { running } = await startOn(host, watched, ["exec"]);
    host.files.set("/turn/osqueryd.err", "");
    expect(await running.lost()).toEqual({ kind: "value", value: 5 });
    host.files.set(
      "/turn/osqueryd.err",
      "W1128 16:11:47.0 2 eventsubscriberplugin.cpp] Removed 737 event batches (with 18446744073709550884 delete errors)  for subscriber: auditeventpublisher.process_events (limit: 5, ...)\n",
    );
    expect(await running.lost()).toEqual({ kind: "value", value: 742 });
  });

  test("says that its watchdog looks at no turn", async () => {
    const { running } = await startOn(node(), watched, ["exec"]);
    expect(running.settings["watchdog"]).toMatch(/60 s after the start/);
    expect(watched.coverage.notes.join()).toContain("50,000 seconds");
  });

  test("shows tokens where its documentation shows the command line and the address", async () => {
    const { running } = await startOn(node(), watched, ["exec", "network"]);
    const sample = readFileSync(
      join(import.meta.dirname, "fixtures/osquery-process-auditing.md.jsonl"),
      "utf8",
    )
      .replace("curl google.com", "noop TK-0a51-00000003")
      .replace("172.217.164.110", "127.16.0.3");
    for (const family of ["exec", "network"] as const) {
      const form = running.outputs[0]?.forms[family];
      if (form === undefined) throw new Error(`no form for ${family}`);
      const tally = createTally({ form, tokenIn: TOKEN_IN[family], trial: "0a51", operations: 8 });
      tally.feed(Buffer.from(sample));
      expect(tally.end()).toMatchObject({ delivered: 1, foreign: 0, lines: 2 });
    }
  });
});

describe("osquery's BPF-based tables", () => {
  test("are there where the program's own help lists their flag, and ask nothing of audit", async () => {
    const host = node();
    expect(await bpf.probe(host)).toEqual({ kind: "available", version: "5.23.1", path: INSTALLED });
    expect(host.done).toEqual([`run ${INSTALLED} --help`]);
    expect([bpf.residue, watched.residue]).toEqual(["none", "audit"]);
  });

  test.each([
    ["the flag", (): FakeHost => node(HELP.later), /lists no --enable_bpf_events$/, /removed after 5\.23\.1/],
    ["a help that can be read", (): FakeHost => node(""), /lists no --enable_bpf_events$/, /5\.23\.1/],
    [
      "a kernel with kprobes",
      (): FakeHost => {
        const host = node();
        host.files.delete("/sys/kernel/tracing/kprobe_events");
        return host;
      },
      /needs kprobes/,
      /VM/,
    ],
  ])("are not to be had without %s", async (_, made, reason, hint) => {
    expect(await bpf.probe(made())).toMatchObject({
      kind: "unavailable",
      reason: expect.stringMatching(reason) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });

  test("are asked for each second, with audit off, and nothing is left to be undone but the daemon", async () => {
    const host = node();
    const { running, effects } = await startOn(host, bpf, ["exec", "network"]);
    const schedule = JSON.parse(host.files.get("/turn/osquery.conf") ?? "") as {
      schedule: Readonly<Record<string, { query: string }>>;
    };
    expect(Object.values(schedule.schedule).map(({ query }) => query)).toEqual([
      "SELECT * FROM bpf_process_events;",
      "SELECT * FROM bpf_socket_events WHERE syscall = 'connect';",
    ]);
    const flags = (host.files.get("/turn/osquery.flags") ?? "").split("\n");
    expect(flags).toEqual(
      expect.arrayContaining([
        "--disable_events=false",
        "--enable_bpf_events=true",
        "--disable_audit=true",
        "--disable_watchdog=true",
      ]),
    );
    expect(flags.filter((flag) => flag.startsWith("--audit"))).toEqual([]);
    await effects.undo();
    expect(changes(host)).toEqual([`start ${INSTALLED} --flagfile=/turn/osquery.flags`, `stop ${INSTALLED}`]);
    expect(await running.lost()).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/--verbose, and of all 26 system calls/) as string,
    });
  });

  test("show tokens in the columns that their specifications name", async () => {
    const { running } = await startOn(node(), bpf, ["exec", "network"]);
    expect(running.outputs[0]?.forms).toEqual(
      (await startOn(node(), watched, ["exec", "network"])).running.outputs[0]?.forms,
    );
  });
});
