/** How each agent's events name a sort of call and a process, against what the agent wrote. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import type { Deed } from "../../src/domain/technique.ts";
import type { Telling } from "../../src/domain/telling.ts";
import { TECHNIQUES } from "../../src/domain/techniques/all.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { auditEvents } from "../../src/agents/shared/audit-events.ts";
import { ROOT } from "../support/agent-session.ts";

const agents = await loadFolder<Agent>(join(ROOT, "src/agents"));
const sensors = [...agents.values()].filter(({ role }) => role === "sensor");

const tellingOf = (id: string): Telling => {
  const telling = agents.get(id)?.telling;
  if (telling === undefined) throw new Error(`${id} does not say how its output tells of events`);
  return telling;
};

const captured = (file: string): string =>
  readFileSync(join(import.meta.dirname, "fixtures", file), "latin1");

interface Told {
  readonly deed: Deed;
  readonly text: string;
  readonly pid: number | undefined;
}

const toldIn = (output: string, { eventsIn, deeds, pid }: Telling): readonly Told[] =>
  (eventsIn?.(output) ?? output.split("\n")).flatMap((text) =>
    (Object.entries(deeds) as [Deed, RegExp][])
      .filter(([, form]) => form.test(text))
      .map(([deed]) => {
        const number = pid?.exec(text)?.[1];
        return { deed, text, pid: number === undefined ? undefined : Number(number) };
      }),
  );

describe("captured output of", () => {
  test.each<[id: string, file: string, deed: Deed, holds: string, pid: number | undefined]>([
    ["acct", "acct-6.6.4.pacct", "exec", "command=process-exec", 10408],
    ["auditd@blocking", "auditd-3.0.9.log", "exec", 'exe="/tare/build/scenarios/noop"', 14020],
    ["auditd@high-value", "auditd-3.0.9-high-value.log", "exec", 'key="tare-sudo"', 14182],
    ["auditd@high-value", "auditd-3.0.9-high-value.log", "bpf", "tare-bpf", 14186],
    ["bpftrace@everything", "bpftrace-0.17.0.out", "exec", "arg1=TK-0a51-00000000", 14621],
    ["bpftrace@everything", "bpftrace-0.17.0.out", "open", "TK-0a51/00000000", 14625],
    ["bpftrace@everything", "bpftrace-0.17.0.out", "connect", "127.16.0.0", 14630],
    ["bpftrace@high-value", "bpftrace-0.17.0-high-value.out", "identity", "TK-0a51-00000002", 14786],
    ["execsnoop@libbpf", "execsnoop-libbpf-0.26.0.log", "exec", "TK-0a51-00000001", 923],
    ["falco@everything", "falco-0.44.1.jsonl", "exec", "TK-0001-00000007", 26278],
    ["falco@everything", "falco-0.44.1.jsonl", "connect", "127.31.0.5", 26279],
    ["fapolicyd", "fapolicyd-1.1.7-5.log", "open", "w/pool/00000000", 16855],
    ["fatrace", "fatrace-0.17.0-1.log", "open", "TK-0a51/000001f3", 26240],
    ["forkstat", "forkstat-0.03.01-1.log", "exec", "TK-0a51-00000003", 24757],
    ["kubearmor", "kubearmor-1.7.5-rc1.jsonl", "exec", "TK-0a51-00000001", 519],
    ["kubearmor", "kubearmor-1.7.5-rc1.jsonl", "open", "TK-0a51/00000001", 518],
    ["laurel", "laurel-0.5.1.jsonl", "exec", "TK-0a51-00000000", 14357],
    ["opensnitch", "opensnitch-1.5.8.1-1+b3.log", "connect", "127.48.0.3", undefined],
    ["opensnoop@libbpf", "opensnoop-libbpf-0.26.0.log", "open", "TK-0a51/00000002", 6957],
    ["osquery@watchdog", "osquery-5.23.1.jsonl", "exec", "/opt/tare/noop", 908],
    ["osquery@watchdog", "osquery-5.23.1.jsonl", "connect", "127.16.0.1", 910],
    ["osquery@watchdog", "osquery-5.23.1.jsonl", "connect", "0000:ffff:7f10:0001", 910],
    ["osquery@watchdog", "osquery-process-auditing.md.jsonl", "exec", "/usr/bin/curl", 30219],
    ["osquery@watchdog", "osquery-process-auditing.md.jsonl", "connect", "172.217.164.110", 30220],
    ["perf-trace", "perf-trace-6.1.187.log", "connect", "network-connec", 18708],
    ["perf-trace", "perf-trace-6.1.187.log", "exec", "file-open/8778", 8778],
    ["snoopy", "snoopy-2.5.1-1.log", "exec", "TK-1231-00000000", undefined],
    ["strace", "strace-6.1.log", "exec", "TK-0a51-00000000", 10687],
    ["strace", "strace-6.1.log", "open", "TK-0a51/00000001", 10820],
    ["strace", "strace-6.1.log", "connect", "127.16.0.0", 10976],
    ["tcpconnect@libbpf", "tcpconnect-libbpf-0.26.0.log", "connect", "127.16.0.2", 186],
    ["tetragon@json", "tetragon-1.7.0.jsonl", "exec", "TK-0a51-00000000", 2703],
    ["tetragon@changes", "tetragon-1.7.0-changes.jsonl", "write", "TK-fff3/00000497", 17927],
    ["tetragon@changes", "tetragon-1.7.0-changes.jsonl", "rename", "TK-fff5/000004ad", 17923],
    ["tetragon@changes", "tetragon-1.7.0-changes.jsonl", "delete", "TK-fff6/000004df", 17922],
    ["tracee@everything", "tracee-0.24.1.jsonl", "exec", "TK-0a51-00000001", 510],
    ["tracee@everything", "tracee-0.24.1.jsonl", "open", "TK-0a51/00000001", 509],
    ["tracee@everything", "tracee-0.24.1.jsonl", "connect", "127.16.0.1", 511],
  ])("%s (%s) tells of %s with %s by process %i", (id, file, deed, holds, pid) => {
    const told = toldIn(captured(file), tellingOf(id));
    const own = told.filter((one) => one.deed === deed && one.text.includes(holds));
    expect(own.map((one) => one.pid)).toContain(pid);
  });

  test("Tetragon tells of a program's end as no exec", () => {
    const ends = captured("tetragon-1.7.0.jsonl")
      .split("\n")
      .filter((line) => line.includes('"process_exit"'));
    expect(ends).not.toEqual([]);
    expect(toldIn(ends.join("\n"), tellingOf("tetragon@json"))).toEqual([]);
  });

  test("process accounting tells of a process that has executed nothing as no exec", () => {
    const record = Buffer.alloc(64);
    record[0] = 1;
    record.writeUInt32LE(812, 16);
    record.write("forked", 48, "latin1");
    expect(toldIn(record.toString("latin1"), tellingOf("acct"))).toEqual([]);
    record[0] = 0;
    expect(toldIn(record.toString("latin1"), tellingOf("acct"))).toMatchObject([{ deed: "exec", pid: 812 }]);
  });
});

describe("audit's records", () => {
  const record = (type: string, serial: number, fields: string): string =>
    `type=${type} msg=audit(1795465818.876:${serial}): ${fields}\n`;

  test("are one event where they have one serial number, also when others come between", () => {
    const log =
      record("SYSCALL", 1, "pid=1") + record("SYSCALL", 2, "pid=2") + record("PATH", 1, 'name="/a"');
    expect(auditEvents(log).map((event) => event.match(/pid=\d|\/a/g))).toEqual([["pid=1", "/a"], ["pid=2"]]);
  });

  test.each([
    ["a name with a space", "exe=2F6D656D66643A78202864656C6574656429", 'exe="/memfd:x (deleted)"'],
    ["an IPv4 address", "saddr=020000357F10000A0000000000000000", 'saddr="127.16.0.10 port 53"'],
    ["an IPv6 address", `saddr=0A00C35100000000${"00".repeat(15)}0100000000`, 'saddr="::1 port 50001"'],
    [
      "an IPv4 address in IPv6",
      `saddr=0A00003500000000${"00".repeat(10)}FFFF7F10000A00000000`,
      'saddr="::ffff:127.16.0.10 port 53"',
    ],
    ["a Unix socket", "saddr=01002F746D702F7300", 'saddr="/tmp/s"'],
  ])("spell out %s", (_, field, expected) => {
    expect(auditEvents(record("SOCKADDR", 1, field))[0]).toContain(expected);
  });
});

describe.each(sensors.map((agent) => [agent.id, agent] as const))("%s", (_, agent) => {
  test("says how its output tells of what it is asked for", () => {
    const counted = agent.observes.filter((family) => agent.uncounted?.includes(family) !== true);
    const asked = TECHNIQUES.filter(({ asked: family }) => family !== undefined && counted.includes(family));
    const deeds = new Set(asked.map(({ deed }) => deed));
    for (const deed of deeds) expect(Object.keys(agent.telling?.deeds ?? {})).toContain(deed);
  });

  test("claims something of no technique twice under the same condition", () => {
    const unconditional = (agent.coverage.claims ?? []).filter(({ when }) => when === undefined);
    const claimed = unconditional.map(({ claimed: what, of }) => `${what}: ${of.join(" ")}`);
    expect(new Set(claimed).size).toBe(claimed.length);
    for (const { why } of agent.coverage.claims ?? []) expect(why).not.toBe("");
  });
});
