/** How long a run still takes, as its blocks, turns and trials go by on a clock made of numbers. */
import { expect, test } from "vitest";
import type { Plan, Turn } from "../../src/domain/plan.ts";
import { durationsOf } from "../../src/plan/duration.ts";
import { createTimeLeft } from "../../src/plan/time-left.ts";

const turnOf = (block: number, number: number): Turn => ({
  agent: `agent-${number}`,
  trials: [0, 1].map((trial) => ({
    id: `${block}-${number}-${trial}`,
    scenario: "file-open",
    load: { kind: "closed", batches: 1, batchOperations: 1, warmupOperations: 0 },
    placement: "pinned",
  })),
});

const planOf = (blocks: number, timeBudgetSeconds?: number): Plan => ({
  seed: 1,
  profile: "smoke",
  agents: ["agent-0", "agent-1"],
  scenarios: ["file-open"],
  blocks: Array.from({ length: blocks }, (_, index) => ({
    index,
    turns: [turnOf(index, 0), turnOf(index, 1)],
  })),
  filesOn: "disk",
  stop: "fixed",
  timeBudgetSeconds,
  budgets: [],
  budgetSource: "none",
});

/** Plays a run in which everything takes `slower` times its forecast; what is said before each trial, in seconds. */
const played = (plan: Plan, slower: number, emulated = false, from = 0): readonly number[] => {
  let now = 0;
  const left = createTimeLeft(plan, emulated, () => now);
  const durations = durationsOf(plan, emulated);
  const said: number[] = [];
  for (const { index, turns } of plan.blocks.slice(from)) {
    left.beginBlock(index);
    for (const turn of turns) {
      left.beginTurn(turn);
      now += 1000 * slower * durations.turn(turn.agent);
      for (const trial of turn.trials) {
        left.beginTrial(trial);
        said.push(left.ms() / 1000);
        now += 1000 * slower * durations.trial(trial);
      }
    }
  }
  return said;
};

test("a run that takes as long as forecast is told so from its first trial to its last", () => {
  const plan = planOf(3);
  const { turn, trial, block } = durationsOf(plan, false);
  const [first] = plan.blocks[0]?.turns ?? [];
  if (first?.trials[0] === undefined) throw new Error("no trial");
  const said = played(plan, 1);
  expect(said[0]).toBeCloseTo(3 * block - turn(first.agent));
  expect(said.at(-1)).toBeCloseTo(trial(first.trials[0]));
});

test("on a node that is many times slower, the turns and trials that are done correct the forecast within the first block", () => {
  const plan = planOf(1);
  const exact = played(plan, 1).map((seconds) => 20 * seconds);
  const said = played(plan, 20);
  for (const [at, seconds] of said.entries()) expect(seconds / (exact[at] ?? NaN)).toBeGreaterThan(0.7);
  expect(said.toSorted((a, b) => b - a)).toEqual(said);
});

test("after the first block its own time counts alone, and the budget says how many more there will be", () => {
  const { block } = durationsOf(planOf(9), false);
  const said = played(planOf(9, 4.5 * 2 * block), 2);
  // Four blocks of twice the forecast fit.
  const second = said[4] ?? NaN;
  expect(second).toBeLessThanOrEqual(3 * 2 * block);
  expect(second).toBeGreaterThan(2 * 2 * block);
});

test("a first block that is over the budget still has time left, and so has the last", () => {
  expect(Math.min(...played(planOf(2, 0.1), 1))).toBeGreaterThan(0);
});

test("a resumed run counts the blocks that are left", () => {
  const [whole, rest] = [played(planOf(3), 1)[0] ?? NaN, played(planOf(3), 1, false, 2)[0] ?? NaN];
  const { block } = durationsOf(planOf(3), false);
  expect(whole - rest).toBeCloseTo(2 * block);
});

test("a trial that is done again, under another id, brings the run no further", () => {
  const plan = planOf(1);
  let now = 0;
  const left = createTimeLeft(plan, false, () => now);
  const [trial] = turnOf(0, 1).trials;
  if (trial === undefined) throw new Error("no trial");
  left.beginBlock(0);
  now = 5000;
  left.beginTrial(trial);
  const before = left.ms();
  left.beginTrial({ ...trial, id: "ffff" });
  expect(left.ms()).toBe(before);
});

const loadTurn = (start: number) => ({
  id: String(start),
  agent: "agent-0",
  scenario: "file-open",
  start,
  buffer: 1 as const,
  parts: ["knee" as const],
  seconds: 30,
});

test("starts under rising load go by within each, and those that are done tell how long the others take", () => {
  let now = 0;
  const load = [1, 2, 3].map(loadTurn);
  const left = createTimeLeft({ ...planOf(0), load }, false, () => now);
  const one = durationsOf({ ...planOf(0), load }, false).load(loadTurn(1));
  expect(left.ms()).toBeCloseTo(3000 * one);
  left.beginLoad(loadTurn(1));
  now += 500 * one;
  expect(left.ms()).toBeCloseTo(2500 * one);
  now += 1500 * one;
  expect(left.ms()).toBeCloseTo(2000 * one);
  left.beginLoad(loadTurn(2));
  // The first took twice as long as forecast.
  expect(left.ms()).toBeGreaterThan(2000 * one * 1.25);
  expect(left.ms()).toBeLessThan(2000 * one * 2);
});

test("starts under rising load for which there is no time are not waited for", () => {
  const load = [1, 2, 3].map(loadTurn);
  const one = durationsOf({ ...planOf(0), load }, false).load(loadTurn(1));
  const left = createTimeLeft({ ...planOf(0, 2.5 * one), load }, false, () => 0);
  expect(left.ms()).toBeCloseTo(2000 * one);
  left.beginLoad(loadTurn(1));
  expect(left.ms()).toBeCloseTo(2000 * one);
});

test("what is watched takes what it was to take, one window after the other", () => {
  const watchOf = (id: string) => ({
    id,
    agent: "agent-0",
    scenario: "at-rest",
    seconds: 60,
    afterSeconds: 0,
  });
  const watches = [{ index: 0, turns: [watchOf("a"), watchOf("b")] }];
  const left = createTimeLeft({ ...planOf(0), watches }, false, () => 0);
  const before = left.ms();
  left.beginWatch(watchOf("a"));
  expect(left.ms()).toBe(before);
  left.beginWatch(watchOf("b"));
  expect(left.ms()).toBe(before / 2);
});
