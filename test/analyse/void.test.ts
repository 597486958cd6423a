/** What was measured while an agent was not off or on as it was to be is in no figure, and the reason is told. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { runEvents } from "../../src/analyse/run-events.ts";
import { BASELINE } from "../../src/domain/plan.ts";
import type { RecordLine, VoidLine } from "../../src/domain/record.ts";
import type { HeldWish } from "../../src/domain/wish.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { buildRecord } from "./support/record-builder.ts";

const AGENT = "daemonset:kube-system/tetragon";
const WHY = "its hold was deleted";
const COST = 250;
/** Of a baseline beside which the agent ran. */
const SPOILT = 5000;

/** The agent is off (odd wishes) but for its turn (even ones). */
const wishOf = ({ block, agent }: { readonly block: number; readonly agent: string }): HeldWish =>
  agent === BASELINE
    ? { agent: AGENT, wish: 2 * block + 1, state: "off" }
    : { agent: AGENT, wish: 2 * block + 2, state: "on" };

const voidOf = (wish: number): VoidLine => ({
  type: "void",
  agent: AGENT,
  wish,
  why: WHY,
  saidAt: "2026-01-01T01:00:00.000Z",
});

const record = (voids: readonly number[], spoiltBlock?: number): readonly RecordLine[] => [
  ...buildRecord({
    blocks: 12,
    agents: ["tetragon@attached"],
    cpuNs: ({ agent, block }) =>
      1000 + 10 * block + (agent === BASELINE ? (block === spoiltBlock ? SPOILT : 0) : COST),
  }).map((line): RecordLine =>
    line.type === "turn" || line.type === "trial" ? { ...line, wishes: [wishOf(line)] } : line,
  ),
  ...voids.map(voidOf),
];

const costIn = (lines: readonly RecordLine[]) =>
  analyse(lines).estimates.find(({ metric, agent }) => metric === "workload-cpu" && agent !== BASELINE);

test("a baseline that was none is left out of every figure: its block says nothing of the cost", () => {
  const spoilt = costIn(record([], 3));
  expect(spoilt?.blocks).toBe(12);
  expect(spoilt?.absolute.value).toBeLessThan(0);
  const told = costIn(record([2 * 3 + 1], 3));
  expect(told?.blocks).toBe(11);
  expect(told?.absolute.value).toBeCloseTo(COST, 6);
});

test("what it leaves out is what a record without those lines would not have", () => {
  const lines = record([8]);
  const without = lines.filter(
    (line) => !((line.type === "turn" || line.type === "trial") && line.wishes?.[0]?.wish === 8),
  );
  const { estimates, ledger, verdicts, pairs } = analyse(lines);
  const expected = analyse(without.filter(({ type }) => type !== "void"));
  expect({ estimates, ledger, verdicts, pairs }).toEqual({
    estimates: expected.estimates,
    ledger: expected.ledger,
    verdicts: expected.verdicts,
    pairs: expected.pairs,
  });
});

test("the reason is told on the page, in the summary and among the events", () => {
  const lines = record([7]);
  const view = analyse(lines);
  expect(view.warnings).toEqual([
    {
      kind: "incident",
      what: "void",
      agent: AGENT,
      wish: 7,
      state: "off",
      why: WHY,
      trials: 2,
      times: 1,
    },
  ]);
  expect(view.run.voidTrials).toBe(2);
  expect(view.run.trials.measured).toBe(34);
  const sentence = `2 trials while it was to be off (wish 7) are void and in no figure: ${WHY}`;
  expect(renderMarkdown(view)).toContain(sentence);
  expect(renderSummaryJson(view)).toContain('"voidTrials": 2');
  const events = runEvents(lines).filter(({ kind, counts }) => kind === "trial" && !counts);
  expect(events.map(({ why, block }) => ({ why, block }))).toEqual([
    { why: WHY, block: 3 },
    { why: WHY, block: 3 },
  ]);
});

test("a wish under which nothing was measured takes nothing away, and is told", () => {
  const view = analyse(record([99]));
  expect(view.run.voidTrials).toBeUndefined();
  expect(view.warnings).toMatchObject([{ what: "void", wish: 99, state: null, trials: 0 }]);
  expect(costIn(record([99]))).toEqual(costIn(record([])));
});

test("an agent of which every turn is void is not measured, and that is the reason", () => {
  const view = analyse(record(Array.from({ length: 12 }, (_, block) => 2 * block + 2)));
  expect(view.estimates.filter(({ agent }) => agent !== BASELINE)).toEqual([]);
  expect(view.agents.find(({ role }) => role !== "baseline")).toMatchObject({
    measuredTrials: 0,
    unmeasured: [{ kind: "skipped", reason: `void: ${WHY}` }],
  });
});

test("a record that does not tell its wishes does not tell what is void: none of it counts", () => {
  const lines = record([7]).map((line): RecordLine => {
    if (line.type !== "turn" && line.type !== "trial") return line;
    const { wishes: _, ...older } = line;
    return older;
  });
  const view = analyse(lines);
  expect(view.estimates).toEqual([]);
  expect(view.run).toMatchObject({ blocks: 0, voidTrials: 36, trials: { measured: 0 } });
});
