/** osquery cannot be had here, so: what it would be started with, what is put back after it, and its documentation's own lines. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import variants from "../../src/agents/osquery.ts";
import type { Agent, AgentContext } from "../../src/domain/agent.ts";
import type { PlainFamily } from "../../src/domain/units.ts";
import { createTally } from "../../src/observe/ledger.ts";
import { FakeHost } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";

const [watched, unwatched] = variants.variants as readonly [Agent, Agent];
const INSTALLED = "/opt/tare/agents/osquery/5.23.1/opt/osquery/bin/osqueryd";
const STATUS =
  "enabled 0\nfailure 1\npid 0\nrate_limit 0\nbacklog_limit 320\nlost 5\nbacklog_wait_time 15000\n";

const node = (): FakeHost =>
  new FakeHost({
    programs: { auditctl: "/sbin/auditctl", [INSTALLED]: INSTALLED },
    files: { ...policyFiles(), [INSTALLED]: "" },
    answer: (command, args) => {
      if (command === INSTALLED) return { stdout: "osqueryd version 5.23.1\n" };
      return { stdout: args[0] === "-s" ? STATUS : "No rules\n" };
    },
  });

const startOn = async (host: FakeHost, agent: Agent, families: readonly PlainFamily[], smallest = false) => {
  const effects = host.effects.scope("turn");
  const context: AgentContext = {
    directory: "/turn",
    families,
    watchedDirectory: "/watched",
    buffers: smallest ? "smallest" : "usual",
    inside: (command) => command,
    effects,
    launch: (spec, stop) => effects.start(spec, stop),
    signal: new AbortController().signal,
  };
  return { running: await agent.start(host, context), effects };
};

const changes = (host: FakeHost): readonly string[] => host.done.filter((step) => !step.startsWith("run "));

describe("osquery", () => {
  it("is found where `tare agents install` unpacks it", async () => {
    expect(await watched.probe(node())).toEqual({ kind: "available", version: "5.23.1", path: INSTALLED });
  });

  it("is started between the kernel's settings and their undo, and its rules go after it", async () => {
    const host = node();
    const { effects } = await startOn(host, watched, ["exec"]);
    const settings = [
      "enabled set to 0",
      "failure set to 1",
      "rate_limit set to 0",
      "backlog_limit set to 4096",
    ];
    const before = [...settings, "backlog_wait_time set to 0", "rules that osquery adds"];
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

  it.each([
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

  it("shows tokens where its documentation shows the command line and the address", async () => {
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
      const tally = createTally({ form, family, trial: "0a51", operations: 8 });
      tally.feed(Buffer.from(sample));
      expect(tally.end()).toMatchObject({ delivered: 1, foreign: 0, lines: 2 });
    }
  });
});
