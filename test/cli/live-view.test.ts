import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { createLiveView } from "../../src/cli/live-view.ts";
import { createSilence, fitted, LOGGED_EVERY_MS, type Screen } from "../../src/cli/screen.ts";
import type { Plan, Trial, Turn } from "../../src/domain/plan.ts";
import { displayWidth } from "../../src/report/width.ts";
import type { RunEvent } from "../../src/run/context.ts";

const trial: Trial = {
  id: "0001",
  scenario: "file-open",
  load: { kind: "closed", batches: 1, batchOperations: 1, warmupOperations: 0 },
  placement: "pinned",
};
const turn: Turn = { agent: "sensor", trials: [trial] };
const plan: Plan = {
  seed: 1,
  profile: "quick",
  agents: ["sensor"],
  scenarios: ["file-open"],
  blocks: Array.from({ length: 4 }, (_, index) => ({ index, turns: [turn] })),
  filesOn: "disk",
  stop: "fixed",
  timeBudgetSeconds: undefined,
  budgets: [],
  budgetSource: "none",
};

const COLOURS = { bold: 1, dim: 2, red: 31, yellow: 33, green: 32 } as const;
const LIGHTS = {
  green: "\u001B[32m● quiet",
  yellow: "\u001B[33m● restless",
  red: "\u001B[31m● noisy",
} as const;

/** A terminal that remembers what it shows; of 80 columns, the last stays empty. */
const watch = (
  columns = 80,
  isLive = true,
): { readonly view: (event: RunEvent, ms?: number) => string; readonly notes: string[] } => {
  let shown = "";
  let clock = 0;
  const notes: string[] = [];
  const screen: Screen = {
    columns,
    colour: true,
    isLive,
    result: (text) => notes.push(text),
    info: (text) => notes.push(text),
    quiet: () => undefined,
    warn: (text) => notes.push(`warning: ${text}`),
    error: (text) => notes.push(text),
    progress: (text, last = "") => {
      shown = fitted(text, last, columns - 1);
    },
    style: (style, text) => `\u001B[${COLOURS[style]}m${text}\u001B[0m`,
  };
  const tell = createLiveView(screen, plan, false, () => clock);
  return {
    notes,
    view: (event, ms = 0) => {
      clock += ms;
      tell(event);
      return shown;
    },
  };
};

const done = (outcome: "measured" | "rejected" | "failed", message?: string): RunEvent => ({
  kind: "trial-done",
  outcome,
  message,
});

test("says the block, what runs now, and how long it still takes by the blocks timed so far", () => {
  const { view, notes } = watch();
  expect(view({ kind: "block", block: 0, elapsedMs: 0 })).toContain("block 1 of 4");
  expect(view({ kind: "turn", block: 0, turn, step: "start" })).toContain("sensor: start");
  expect(view({ kind: "trial", block: 0, agent: "sensor", trial }, 20_000)).toMatch(
    /^block 1 of 4 \| \d\d:\d\d left \| sensor: file-open closed$/,
  );
  // The first block took 30 s, and three are left.
  expect(view({ kind: "block", block: 1, elapsedMs: 30_000 }, 10_000)).toContain("block 2 of 4 | 01:30 left");
  expect(notes).toEqual(["block 1 of 4 done, 00:30 elapsed"]);
});

test("a failed start is told as one, although the agent has been stopped by then", () => {
  const { view, notes } = watch();
  view({ kind: "turn", block: 0, turn, step: "start" });
  view({ kind: "turn", block: 0, turn, step: "stop" });
  expect(view(done("failed", "it ended"))).toContain("sensor: stop");
  expect(notes).toEqual(["warning: sensor: start: it ended"]);
});

test("a log has no noise light", () => {
  const { view } = watch(80, false);
  view({ kind: "turn", block: 0, turn, step: "start" });
  expect(view(done("measured"))).toMatch(/^block 1 of 4 \| \d\d:\d\d left \| sensor: start$/);
});

test("at 80 columns only what runs now is shortened", () => {
  const { view } = watch();
  const long: Trial = {
    ...trial,
    scenario: "network-connect",
    load: { kind: "open", ratePerSecond: 1000, batches: 1, batchOperations: 1, warmupOperations: 0 },
  };
  const agent = "bpftrace@everything";
  view(done("measured"));
  view(done("rejected"));
  const line = view({ kind: "trial", block: 0, agent, trial: long });
  expect(stripVTControlCharacters(line)).toBe(
    "block 1 of 4 | 00:09 left | ● restless | 1 done again | bpftrace@everything: n…",
  );
  expect(line).toContain(LIGHTS.yellow);
  view(done("failed", "it ended"));
  for (let count = 0; count < 12; count++) view(done("rejected"));
  const full = view({ kind: "trial", block: 0, agent, trial: long });
  expect(full).toContain(LIGHTS.red);
  expect(stripVTControlCharacters(full)).toBe(
    "block 1 of 4 | 00:09 left | ● noisy | 13 done again | 1 failed | bpftrace@ever…",
  );
  expect(displayWidth(stripVTControlCharacters(full))).toBe(79);
});

test("on a screen too narrow for all that, the line is cut without a colour that goes on behind it", () => {
  const { view } = watch(24);
  view({ kind: "turn", block: 0, turn, step: "start" });
  expect(view(done("measured"))).toBe("block 1 of 4 | 00:09 l…");
});

describe("the noise light", () => {
  test("is off before the first trial, then green, yellow and red, and goes back", () => {
    const { view } = watch();
    expect(view({ kind: "block", block: 0, elapsedMs: 0 })).not.toContain("●");
    expect(view(done("measured"))).toContain(LIGHTS.green);
    expect(view(done("rejected"))).toContain(LIGHTS.yellow);
    view(done("rejected"));
    view(done("rejected"));
    expect(view(done("rejected"))).toContain(LIGHTS.red);
    const lines = Array.from({ length: 12 }, () => view(done("measured")));
    expect(lines.at(-1)).toContain(LIGHTS.green);
    expect(lines.at(-1)).toContain("4 done again");
  });

  test("says nothing of trials that failed: that is not noise", () => {
    const { view, notes } = watch();
    view(done("measured"));
    expect(view(done("failed", "the agent ended"))).toContain(LIGHTS.green);
    expect(notes.at(-1)).toContain("the agent ended");
  });
});

test("a log gets a line of progress once nothing else was said for a while", () => {
  let now = 0;
  const silence = createSilence(() => now);
  const afterwards = (ms: number): boolean => {
    now += ms;
    return silence.isTooLong();
  };
  expect([afterwards(LOGGED_EVERY_MS - 1), afterwards(1)]).toEqual([false, true]);
  silence.broken();
  expect([afterwards(LOGGED_EVERY_MS - 1), afterwards(1)]).toEqual([false, true]);
});
