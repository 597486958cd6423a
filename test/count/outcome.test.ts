import { expect, test } from "vitest";
import type { GuestStart } from "../../src/domain/agent.ts";
import { missing, value } from "../../src/domain/units.ts";
import { outcomeOf } from "../../src/count/outcome.ts";
import { readSerial } from "../../src/count/serial.ts";
import fileOpen from "../../scenarios/file-open.ts";
import { type SaidSpec, saidBoot } from "./said.ts";

const START: GuestStart = {
  programs: [],
  files: {},
  version: "",
  exec: "",
  ready: "",
  outputs: [{ path: "events.jsonl", forms: { file: { kind: "text" } } }],
  lost: { ask: "", read: (line) => (line === "?" ? missing("not told") : value(Number(line))) },
  settings: {},
};

const counted = (spec: SaidSpec, start = START) => {
  const turn = readSerial(saidBoot(spec)).turns[1];
  const [trial] = turn?.trials ?? [];
  if (turn === undefined || trial === undefined) throw new Error("the guest told of no trial");
  return outcomeOf(trial, turn, fileOpen, { agent: { id: "sensor", observes: ["file"] }, start });
};

const events = (operations: readonly number[]): string =>
  operations.map((one) => `{"path":"/run/work/TK-0002/${one.toString(16).padStart(8, "0")}"}\n`).join("");

test("an outcome holds the window's instructions, by whom, and what came after it beyond a quiet time", () => {
  expect(counted({ own: 6000, added: 800, operations: 100, spends: [20_000, 30_000, 10_000] })).toMatchObject(
    {
      kind: "counted",
      operation: "open",
      operations: 100,
      instructions: 680_000,
      workload: 680_000,
      agent: value(20_000),
      agentAfterwards: value(20_000),
      kernelThreads: { rcu_preempt: 500 },
      kernelThreadsAfterwards: {},
      median: value(6800),
      switches: value(3),
    },
  );
});

test("a client's part of what the agent does is told apart, and an agent without one has none", () => {
  expect(counted({ spends: [20_000, 30_000, 10_000], clientSpends: [8000, 9000, 1000] })).toMatchObject({
    agent: value(20_000),
    agentAfterwards: value(20_000),
    client: { inWindow: 8000, afterwards: 8000 },
  });
  expect(counted({})).not.toHaveProperty("client");
});

test("events are counted by token, and what the agent says that it lost is of this trial alone", () => {
  const { ledger } = counted({ output: events([0, 1, 2, 2, 99]), lost: ["5", "5", "12"] });
  expect(ledger).toMatchObject({
    kind: "counted",
    operations: 100,
    delivered: 4,
    duplicates: 1,
    declaredLost: value(7),
  });
});

test("what is done where is told by phases, and of each BPF program that is open in the agent", () => {
  const { phases } = counted({
    phases: { programs: [2, 2, 150], unread: 6500, silent: 6200 },
  });
  expect(phases).toEqual({ programs: value(300), unread: value(6500), silent: value(6200) });
});

test("an agent without BPF programs spends nothing in them, and one that closed some has no figure", () => {
  expect(counted({ phases: { programs: [0, 0, 0] } }).phases?.programs).toEqual(value(0));
  expect(counted({ phases: { programs: [3, 2, 150] } }).phases?.programs).toEqual(
    missing("the kernel held 3 BPF programs, of which 2 are open in the agent"),
  );
});

test("a phase that was not run has no figure", () => {
  const { phases } = counted({});
  expect([phases?.silent.kind, phases?.unread.kind, phases?.programs.kind]).toEqual([
    "missing",
    "missing",
    "missing",
  ]);
});

test("what its owner did not ask it to report is no loss", () => {
  const turn = readSerial(saidBoot({})).turns[1];
  const [trial] = turn?.trials ?? [];
  if (turn === undefined || trial === undefined) throw new Error("the guest told of no trial");
  const agent = { id: "auditd@policy", observes: ["file"], costOnly: true } as const;
  expect(outcomeOf(trial, turn, fileOpen, { agent, start: START }).ledger).toMatchObject({
    kind: "not-observed",
    cause: "not-counted",
  });
});

test("an agent that writes nothing of the events is not said to have lost them", () => {
  const { ledger } = counted({}, { ...START, outputs: [{ path: "events.jsonl", forms: {} }] });
  expect(ledger).toMatchObject({ kind: "not-observed", cause: "not-counted" });
});

test("the baseline has no agent, which is not an agent that spent nothing", () => {
  const [turn] = readSerial(saidBoot()).turns;
  const [trial] = turn?.trials ?? [];
  if (turn === undefined || trial === undefined) throw new Error("the guest told of no trial");
  const outcome = outcomeOf(trial, turn, fileOpen, undefined);
  expect(outcome.agent).toEqual(missing("no agent runs"));
  expect(outcome.instructions).toBe(600_000);
});

test("a kernel that does not tell when its CPU is idle is refused", () => {
  const said = saidBoot().replaceAll("idle_sleeptime", "something");
  const [turn] = readSerial(said).turns;
  const [trial] = turn?.trials ?? [];
  if (turn === undefined || trial === undefined) throw new Error("the guest told of no trial");
  expect(() => outcomeOf(trial, turn, fileOpen, undefined)).toThrow(
    /does not tell how long its CPU was idle/,
  );
});
