/** What a sentinel vouches for: its own family, and of an agent by its owner's rules its own kind. */
import { expect, test } from "vitest";
import highValue from "../../scenarios/high-value.ts";
import processExec from "../../scenarios/process-exec.ts";
import { defineAgent } from "../../src/domain/agent.ts";
import type { RunningAgent } from "../../src/domain/agent.ts";
import { missing, value } from "../../src/domain/units.ts";
import { ON_THE_NODE } from "../../src/run/namespaces.ts";
import { type Ready, waitUntilReady } from "../../src/run/readiness.ts";
import { BASELINE_AGENT } from "./fake-run.ts";
import { FakeHost } from "../support/fake-host.ts";

const LOG = "/falco/events.jsonl";
const RUNNING: RunningAgent = {
  processes: [],
  outputs: [{ path: LOG, forms: { exec: { kind: "text" }, "high-value": { kind: "text" } } }],
  logs: [],
  settings: {},
  lost: () => Promise.resolve(missing("not asked")),
};

/** A Falco whose rules tell of some operations; `tells`: of which, by the program that does them. */
const readyWith = async (tells: (program: string, operation: number) => boolean): Promise<Ready> => {
  const host = new FakeHost({
    files: { [LOG]: "" },
    onStart: (process, fake) => {
      const trial = process.spec.args.find((arg) => arg.startsWith("--trial="))?.slice("--trial=".length);
      for (let operation = 0; operation < 12; operation += 1) {
        if (!tells(process.spec.command, operation)) continue;
        const token = `TK-${trial ?? ""}-${operation.toString(16).padStart(8, "0")}`;
        const line = `{"priority":"Critical","rule":"Fileless execution via memfd_create","output_fields":{"proc.cmdline":"4 ${token}"}}\n`;
        fake.files.set(LOG, (fake.files.get(LOG) ?? "") + line);
      }
      process.end({ code: 0, signal: null });
    },
  });
  return await readyOn(host, { id: "my-falco", costOnly: true });
};

/** Of one that is asked for execs and for high-value events. */
const readyOn = async (
  host: FakeHost,
  more: { readonly id: string; readonly costOnly?: true },
): Promise<Ready> =>
  await waitUntilReady(host, host.effects.scope("test"), {
    agent: defineAgent({ ...BASELINE_AGENT, role: "sensor", observes: ["exec", "high-value"], ...more }),
    running: RUNNING,
    sentinels: [processExec, highValue],
    directory: "/f",
    namespaces: ON_THE_NODE,
    stderr: "/err",
    signal: new AbortController().signal,
  });

const KINDS = (highValue.techniques ?? []).map(({ id }) => id);
const MEMFD = KINDS.indexOf("deleted-binary");

test("an alert on a sentinel of high-value events vouches for no exec, and for its own kind alone", async () => {
  const ready = await readyWith(
    (program, operation) => program.endsWith("/high-value") && operation % KINDS.length === MEMFD,
  );
  expect(ready.uncounted).toEqual(["exec"]);
  expect(ready.unseenKinds).toEqual(KINDS.filter((kind) => kind !== "deleted-binary"));
});

test("rules that name everything leave nothing out", async () => {
  expect(await readyWith(() => true)).toMatchObject({ uncounted: [], unseenKinds: [] });
});

test("what is seen only of processes that came after the agent is shown by another sentinel", async () => {
  const started: string[] = [];
  const told = (trial: string): string => `TK-${trial}-00000000 \n`;
  const host = new FakeHost({
    files: { [LOG]: "" },
    onStart: (process, fake) => {
      const own = process.spec.args.find((arg) => arg.startsWith("--trial="))?.slice("--trial=".length) ?? "";
      started.push(own);
      // It is attached a second after the first ones were started.
      if (own === "fff1" || fake.now() > 1000) fake.files.set(LOG, (fake.files.get(LOG) ?? "") + told(own));
      process.end({ code: 0, signal: null });
    },
  });
  const ready = await readyOn(host, { id: "osquery" });
  expect(ready.uncounted).toEqual([]);
  expect(started).toEqual(["fff1", "fff4", "fff4"]);
});

/** An agent whose rules are in force when it has started; `sees`: what is in its output after so many milliseconds. */
const settledWith = async (
  sees: (ms: number, trial: string) => string,
  more: { readonly showsWithinMs?: number; readonly cpuNs?: (ms: number) => number } = {
    showsWithinMs: 1500,
  },
): Promise<{ ready: Ready; ms: number }> => {
  const { showsWithinMs, cpuNs } = more;
  let trial = "";
  const host = new FakeHost({
    files: { [LOG]: "" },
    onStart: (process) => {
      const own = process.spec.args.find((arg) => arg.startsWith("--trial="));
      if (process.spec.command.endsWith("process-exec")) trial = own?.slice("--trial=".length) ?? "";
      process.end({ code: 0, signal: null });
    },
    onSleep: (_, fake) => fake.files.set(LOG, (fake.files.get(LOG) ?? "") + sees(fake.now(), trial)),
  });
  const ready = await waitUntilReady(host, host.effects.scope("test"), {
    agent: defineAgent({
      ...BASELINE_AGENT,
      id: "auditd@policy",
      role: "sensor",
      observes: ["exec"],
      costOnly: true,
      ...(showsWithinMs === undefined ? {} : { showsWithinMs }),
    }),
    running: RUNNING,
    sentinels: [processExec],
    directory: "/f",
    namespaces: ON_THE_NODE,
    stderr: "/err",
    ...(cpuNs === undefined ? {} : { cpuNs: () => Promise.resolve(value(cpuNs(host.now()))) }),
    signal: new AbortController().signal,
  });
  return { ready, ms: host.now() };
};

test("rules in force that report nothing are not waited for as long as a compiler", async () => {
  const { ready, ms } = await settledWith(() => "");
  expect(ready.uncounted).toEqual(["exec"]);
  expect(ms).toBeGreaterThanOrEqual(1500);
  expect(ms).toBeLessThan(2000);
});

test("what is late because others' events come first is counted all the same", async () => {
  const { ready } = await settledWith((ms, trial) =>
    ms < 4000 ? "another program's event\n" : `TK-${trial}-00000000 \n`,
  );
  expect(ready.uncounted).toEqual([]);
});

test("an output that never ends is not waited for without end", async () => {
  const { ready, ms } = await settledWith(() => "another program's event\n");
  expect(ready.uncounted).toEqual(["exec"]);
  expect(ms).toBeLessThan(11_000);
});

/** Whole CPUs that it took by then, as nanoseconds. */
const compilingFor = (ms: number) => (now: number) => Math.min(now, ms) * 1e6;

test("one that shows nothing and is busy is on its way yet: it is waited for, and counted", async () => {
  const { ready } = await settledWith((ms, trial) => (ms < 24_000 ? "" : `TK-${trial}-00000000 \n`), {
    cpuNs: compilingFor(24_000),
  });
  expect(ready.uncounted).toEqual([]);
});

test.each([
  ["nothing is known of its CPU time", undefined, 11_000],
  ["it comes to rest", compilingFor(15_000), 18_000],
  ["it never comes to rest", compilingFor(Infinity), 46_000],
])("one that shows nothing is given up where %s", async (_, cpuNs, atMost) => {
  const { ready, ms } = await settledWith(() => "", cpuNs === undefined ? {} : { cpuNs });
  expect(ready.uncounted).toEqual(["exec"]);
  expect(ms).toBeGreaterThanOrEqual(10_000);
  expect(ms).toBeLessThan(atMost);
});
