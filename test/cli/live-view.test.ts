import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { createLiveView } from "../../src/cli/live-view.ts";
import type { Screen } from "../../src/cli/screen.ts";
import type { Plan, Trial, Turn } from "../../src/domain/plan.ts";
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

/** A terminal that remembers what it shows. */
const watch = (): { readonly view: (event: RunEvent, ms?: number) => string; readonly notes: string[] } => {
  let shown = "";
  let clock = 0;
  const notes: string[] = [];
  const screen: Screen = {
    columns: 80,
    colour: true,
    result: (text) => notes.push(text),
    note: (text) => notes.push(text),
    hush: () => undefined,
    warn: (text) => notes.push(`warning: ${text}`),
    progress: (text) => {
      shown = text;
    },
    style: (style, text) => `<${style}>${text}`,
  };
  const tell = createLiveView(screen, plan, 80_000, () => clock);
  return {
    notes,
    view: (event, ms = 0) => {
      clock += ms;
      tell(event);
      return stripVTControlCharacters(shown);
    },
  };
};

const done = (outcome: "measured" | "rejected" | "failed", message?: string): RunEvent => ({
  kind: "trial-done",
  outcome,
  message,
});

test("says the block, what runs now, and how long it still takes by the blocks timed so far", () => {
  const { view } = watch();
  expect(view({ kind: "block", block: 0, elapsedMs: 0 })).toContain("block 1 of 4");
  expect(view({ kind: "turn", block: 0, turn, step: "start" })).toContain("sensor: start");
  expect(view({ kind: "trial", block: 0, agent: "sensor", trial }, 20_000)).toContain(
    "sensor: file-open closed  |  00:20 gone, about 01:00 left",
  );
  // The first block took 30 s, not the 20 s of the forecast, and three are left.
  expect(view({ kind: "block", block: 1, elapsedMs: 30_000 }, 10_000)).toContain(
    "00:30 gone, about 01:30 left",
  );
});

describe("the noise light", () => {
  test("is off before the first trial, then green, yellow and red, and goes back", () => {
    const { view } = watch();
    expect(view({ kind: "block", block: 0, elapsedMs: 0 })).not.toContain("node ");
    expect(view(done("measured"))).toContain("<green>● node quiet");
    expect(view(done("rejected"))).toContain("<yellow>● node restless");
    view(done("rejected"));
    view(done("rejected"));
    expect(view(done("rejected"))).toContain("<red>● node noisy");
    const lines = Array.from({ length: 12 }, () => view(done("measured")));
    expect(lines.at(-1)).toContain("<green>● node quiet");
    expect(lines.at(-1)).toContain("4 done again (noise)");
  });

  test("says nothing of trials that failed: that is not noise", () => {
    const { view, notes } = watch();
    view(done("measured"));
    expect(view(done("failed", "the agent ended"))).toContain("<green>● node quiet");
    expect(notes.at(-1)).toContain("the agent ended");
  });
});
