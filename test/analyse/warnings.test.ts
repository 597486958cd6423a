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
  const failed = { kind: "failed", stage: "ready", message: "no sentinel in 30 s", lastLines: [] } as const;
  expect(warningsOf({}, forTurn({ outcome: failed }))).toEqual([
    "falco: failed at ready: no sentinel in 30 s (2 times)",
  ]);
});

test("what an agent left behind is named", () => {
  expect(warningsOf({}, forTurn({ leftovers: ["BPF program 12 is still loaded"] }))).toEqual([
    "falco: left behind on the node: BPF program 12 is still loaded (2 times)",
  ]);
});

test("a run on a node that audit had slowed says so", () => {
  const outcome = {
    kind: "started",
    readyMs: 1,
    stopMs: 1,
    settings: { auditResidue: "new processes carry an audit context" },
  } as const;
  expect(warningsOf({}, forTurn({ outcome }))).toEqual([
    "falco: auditResidue: new processes carry an audit context (2 times)",
  ]);
});

test("a used-up time budget is told with the blocks that it left out", () => {
  const lines = buildRecord({ blocks: 12, agents: ["falco"], ended: "time-budget" });
  const cut = lines.filter((line) => !("block" in line) || line.block < 10);
  expect(analyse(cut).warnings).toEqual([
    "run: the time budget was used up: 10 of 12 planned blocks are complete",
  ]);
});

test("failed, skipped and doubtful trials are named", () => {
  const warnings = warningsOf({
    outcome: ({ agent, block }, usual) => {
      if (agent !== "falco") return usual;
      if (block === 0) return { kind: "failed", stage: "window", message: "falco ended", lastLines: [] };
      if (block === 1) return { kind: "skipped", reason: "no space for its files", hint: "" };
      if (block === 2) return { ...usual, defects: ["3 of 300 exec operations failed"] };
      if (block === 3 && usual.ledger.kind === "counted") {
        return { ...usual, ledger: { ...usual.ledger, drained: false } };
      }
      return usual;
    },
  });
  expect(warnings).toEqual([
    "falco, process-exec: trial failed at window: falco ended",
    "falco, process-exec: trial skipped: no space for its files",
    "falco, process-exec: its output still grew when the harness stopped waiting: late events count as lost",
    "falco, process-exec: 3 of 300 exec operations failed",
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
    "noise: in 3 of 36 trials, the hypervisor took more than 5 % of the CPU time (steal)",
    "noise: in 2 of 24 baseline trials, tasks waited for a CPU for more than 20 % of the time though no agent ran (pressure)",
    "noise: in 3 of 36 closed trials, a closed loop took more than 3 times its CPU time (it was kept waiting)",
    "noise: in 3 of 36 trials, the control loop changed by more than 15 % across the window (the CPU's speed changed)",
  ]);
});

test("skewed blocks, for which bootstrap and t disagree, are counted", () => {
  const warnings = warningsOf({
    cpuNs: ({ agent, block }) => 1000 + (agent === "falco" ? 2 ** block : block % 3),
  });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^the bootstrap and the t interval differ by more than 15 % for \d+ of \d+ estimates/,
  );
});
