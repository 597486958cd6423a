import { expect, test } from "vitest";
import fileOpen from "../../scenarios/file-open.ts";
import processExec from "../../scenarios/process-exec.ts";
import { agentOf, countPlan, loadOf } from "../../src/count/plan.ts";
import { drainSecondsOf, turnsText } from "../../src/count/turns.ts";

const ids = (): Iterator<string, string> => {
  let next = 0;
  return { next: () => ({ value: String((next += 1)).padStart(4, "0") }) };
};

const request = {
  agents: [
    { id: "files", observes: ["file"] as const },
    { id: "both", observes: ["exec", "file"] as const },
  ],
  scenarios: [processExec, fileOpen],
  seeds: [1, 2, 3],
  operations: undefined,
};

test("each boot of an agent is a block: its workloads without it, with it, and without it again", () => {
  const { blocks, agents } = countPlan(request, ids());
  expect(agents).toEqual(["baseline", "files", "both"]);
  expect(blocks.map(agentOf)).toEqual(["files", "files", "files", "both", "both", "both"]);
  expect(
    blocks[0]?.turns.map(({ agent, baseline, trials }) => [
      agent,
      baseline,
      trials.map(({ scenario }) => scenario),
    ]),
  ).toEqual([
    ["baseline", 1, ["file-open"]],
    ["files", undefined, ["file-open"]],
    ["baseline", 2, ["file-open"]],
  ]);
  const all = blocks.flatMap(({ turns }) => turns.flatMap(({ trials }) => trials.map(({ id }) => id)));
  expect(new Set(all).size).toBe(all.length);
});

test("the number of operations can be given, and is a multiple of ten in each batch", () => {
  expect(loadOf(fileOpen, undefined)).toEqual(fileOpen.counted);
  expect(loadOf(fileOpen, 101)).toMatchObject({ batches: 10, batchOperations: 20 });
});

test("the guest's shell is told of its turns, each with a window without events first", () => {
  const trial = { id: "0007", scenario: "file-open", program: "file-open", load: loadOf(fileOpen, 100) };
  const start = {
    programs: [],
    files: {},
    version: "example --version",
    exec: "exec example",
    ready: "grep -q ready stderr",
    outputs: [{ path: "events.jsonl", forms: {} }],
    settings: {},
  };
  expect(
    turnsText(
      [
        { agent: "baseline", trials: [trial] },
        { agent: "example", start, trials: [] },
      ],
      { isPhased: false },
    ),
  ).toBe(
    `say "turn baseline"
trial quiet syscall-tax 0000 --batches 10 --batch-operations 100 --warmup-operations 0
trial file-open file-open 0007 --batches 10 --batch-operations 10 --warmup-operations 1000
say "turn example"
agent_version() {
example --version
}
agent_before() {
:
}
agent_exec() {
exec example
}
agent_ready() {
grep -q ready stderr
}
agent_after() {
:
}
agent_lost() {
echo -
}
agent_end() {
:
}
start_agent example
trial quiet syscall-tax 0000 --batches 10 --batch-operations 100 --warmup-operations 0
stop_agent events.jsonl
`,
  );
});

test("an agent's client is started with it, and only where it has one", () => {
  const start = {
    programs: [],
    files: {},
    version: "example --version",
    exec: "exec example",
    client: "exec taker >events.jsonl",
    ready: "true",
    outputs: [{ path: "events.jsonl", forms: {} }],
    settings: {},
  };
  const lines = turnsText([{ agent: "example", start, trials: [] }], { isPhased: false }).split("\n");
  const at = lines.indexOf("agent_client() {");
  expect(lines.slice(at, at + 4)).toEqual([
    "agent_client() {",
    "exec taker >events.jsonl",
    "}",
    "start_agent example client",
  ]);
});

test("an agent's phases come after its workloads, in little and with tokens of their own", () => {
  const trial = { id: "000e", scenario: "file-open", program: "file-open", load: loadOf(fileOpen, 1000) };
  const start = {
    programs: [],
    files: {},
    version: "example --version",
    exec: "exec example",
    silent: { exec: "exec example --nothing" },
    ready: "true",
    outputs: [{ path: "events.jsonl", forms: {} }],
    settings: {},
  };
  const lines = turnsText([{ agent: "example", start, trials: [trial] }], { isPhased: true }).split("\n");
  const little = "--batches 3 --batch-operations 100 --warmup-operations 1000";
  expect(lines.slice(lines.indexOf("start_agent example"))).toEqual([
    "start_agent example",
    "trial quiet syscall-tax 0000 --batches 10 --batch-operations 100 --warmup-operations 0",
    "trial file-open file-open 000e --batches 10 --batch-operations 100 --warmup-operations 1000",
    `phase programs file-open file-open ff01 ${little}`,
    `phase unread file-open file-open ff11 ${little}`,
    "stop_agent events.jsonl",
    "agent_exec() {",
    "exec example --nothing",
    "}",
    'say "silent"',
    "start_agent example",
    `phase silent file-open file-open ff21 ${little}`,
    "stop_agent",
    "",
  ]);
});

test("an agent that hands its events out late is waited for longer", () => {
  expect(turnsText([], { isPhased: true, drainSeconds: drainSecondsOf({ flushIntervalMs: 6000 }) })).toBe(
    "DRAIN=8\n\n",
  );
  expect(drainSecondsOf({})).toBeUndefined();
});
