import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine, TurnLine } from "../../src/domain/record.ts";
import { value } from "../../src/domain/units.ts";
import { buildRecord } from "./support/record-builder.ts";
import type { RunSpec } from "./support/record-builder.ts";

const warningsOf = (spec: Partial<RunSpec>, change: (line: RecordLine) => RecordLine = (line) => line) =>
  analyse(buildRecord({ blocks: 12, agents: ["falco"], ...spec }).map(change)).warnings;

const forTurn =
  (change: Partial<TurnLine>) =>
  (line: RecordLine): RecordLine =>
    line.type === "turn" && line.agent === "falco" && line.block < 2 ? { ...line, ...change } : line;

test("a run in which all went well has none", () => {
  expect(warningsOf({})).toEqual([]);
});

test("what happens again is told once, with how often", () => {
  const lastLines = ["libpman: unable to bump RLIMIT_MEMLOCK to RLIM_INFINITY (errno: 1)"];
  const failed = { kind: "failed", stage: "ready", message: "no sentinel in 30 s", lastLines } as const;
  expect(warningsOf({}, forTurn({ outcome: failed }))).toEqual([
    {
      kind: "incident",
      what: "turn-failed",
      agent: "falco",
      stage: "ready",
      message: "no sentinel in 30 s",
      lastLines,
      times: 2,
    },
  ]);
});

test("what an agent left behind is named", () => {
  expect(warningsOf({}, forTurn({ leftovers: ["BPF program 12 is still loaded"] }))).toEqual([
    {
      kind: "incident",
      what: "left-behind",
      agent: "falco",
      text: "BPF program 12 is still loaded",
      times: 2,
    },
  ]);
});

test("what came to the node meanwhile is told once, and of no agent", () => {
  const text = "199 BPF programs (tracing) are still loaded, held by pid 15732 (falco)";
  expect(warningsOf({}, forTurn({ foreign: [text] }))).toEqual([
    { kind: "incident", what: "foreign", text, times: 2 },
  ]);
});

test("a used-up time budget is told with the blocks that it left out", () => {
  const lines = buildRecord({ blocks: 12, agents: ["falco"], ended: "time-budget" });
  const cut = lines.filter((line) => !("block" in line) || line.block < 10);
  expect(analyse(cut).warnings).toEqual([
    { kind: "incident", what: "time-budget", blocks: 10, planned: 12, times: 1 },
  ]);
});

const incident = { kind: "incident", agent: "falco", scenario: "process-exec", times: 1 } as const;

test("failed, skipped and doubtful trials are named", () => {
  const warnings = warningsOf({
    outcome: ({ agent, block }, usual) => {
      if (agent !== "falco") return usual;
      if (block === 0)
        return { kind: "failed", stage: "window", message: "falco ended", lastLines: ["pid 8"] };
      if (block === 1) return { kind: "skipped", reason: "no space for its files", hint: "" };
      if (block === 2) return { ...usual, defects: ["3 of 300 exec operations failed"] };
      if (block === 3 && usual.ledger.kind === "counted") {
        return { ...usual, ledger: { ...usual.ledger, drained: false } };
      }
      return usual;
    },
  });
  expect(warnings).toEqual([
    { ...incident, what: "trial-failed", stage: "window", message: "falco ended", lastLines: ["pid 8"] },
    { ...incident, what: "trial-skipped", reason: "no space for its files" },
    { ...incident, what: "undrained" },
    { ...incident, what: "defect", text: "3 of 300 exec operations failed" },
  ]);
});

test("noise from outside is counted, pressure under the baseline only", () => {
  const warnings = warningsOf({
    outcome: ({ block, agent }, usual) => ({
      ...usual,
      noise: {
        ...usual.noise,
        stealPercent: value(block === 0 ? 6 : 5),
        cpuPressurePercent: value(agent === "falco" || block === 1 ? 30 : 10),
        wallOverCpu: block === 2 ? 4 : 1,
        spinNs: block === 3 ? [1000, 1200] : [1000, 1100],
      },
    }),
  });
  expect(warnings).toEqual([
    { kind: "noise", sign: "steal", shown: 3, trials: 36 },
    { kind: "noise", sign: "cpu-pressure", shown: 2, trials: 24 },
    { kind: "noise", sign: "wall-over-cpu", shown: 3, trials: 36 },
    { kind: "noise", sign: "control-loop", shown: 3, trials: 36 },
  ]);
});

test("skewed blocks, for which bootstrap and t disagree, are counted", () => {
  const warnings = warningsOf({
    cpuNs: ({ agent, block }) => 1000 + (agent === "falco" ? 2 ** block : block % 3),
  });
  expect(warnings).toEqual([
    { kind: "intervals-disagree", estimates: expect.any(Number), of: expect.any(Number) },
  ]);
});
