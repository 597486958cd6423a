/** Rising load in every format. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { KnobFinding, UnderLoad } from "../../src/domain/under-load.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderHtml } from "../../src/report/html.ts";
import { summaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { SummaryJson } from "../../src/report/summary-json.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import {
  burstText,
  confirmationText,
  kneeText,
  knobText,
  knownText,
  overloadText,
  recoveryText,
} from "../../src/report/words/under-load.ts";
import { loadRecord, SENSOR } from "../analyse/load/load-record.ts";

const KNEE = { value: 10_004, low: 9870, high: 10_240 } as const;

describe("in words", () => {
  test("a knee has its interval, and one that was not reached is no number", () => {
    expect(kneeText(KNEE)).toBe("10,000/s [9,870, 10,200]");
    expect(kneeText({ value: 10_004, low: 9870, high: null })).toBe(
      "10,000/s [9,870, beyond what the workload can do]",
    );
    expect(kneeText({ value: null, low: 52_345, high: null })).toBe("at least 52,300/s");
  });

  test("a burst lies between two sizes, or beyond one of them", () => {
    expect(burstText({ held: 2000, overflowed: 2828, ratePerSecond: 1 })).toBe("2,000 to 2,828");
    expect(burstText({ held: 20_000, overflowed: null, ratePerSecond: 1 })).toBe("at least 20,000");
    expect(burstText({ held: 0, overflowed: 500, ratePerSecond: 1 })).toBe("fewer than 500");
  });

  test("an overload collapses or does not, and is told without the knee where that is not known", () => {
    expect(overloadText({ overload: { deliveredPerSecond: 3000, ofKnee: 0.3 } })).toBe(
      "collapses: 3,000/s, 30 % of the knee",
    );
    expect(overloadText({ overload: { deliveredPerSecond: 9990, ofKnee: 0.999 } })).toBe(
      "9,990/s, no collapse",
    );
    expect(overloadText({ overload: { deliveredPerSecond: 3000, ofKnee: null } })).toBe("3,000/s");
    expect(overloadText({ overload: null })).toBe("not tried");
  });

  test("what confirms it, and what does not", () => {
    const hold = { rate: 9870, bad: 0, asExpected: true };
    expect(confirmationText({ hold, exceed: { rate: 12_300, bad: 0.08, asExpected: true } })).toBe(
      "9,870/s holds, 12,300/s does not (8 % bad)",
    );
    expect(confirmationText({ hold: { ...hold, bad: 0.01, asExpected: false }, exceed: null })).toBe(
      "9,870/s does not hold (1 % bad)",
    );
    expect(confirmationText({ hold, exceed: { rate: 12_300, bad: 0, asExpected: false } })).toBe(
      "9,870/s holds, 12,300/s holds as well",
    );
  });

  test("a recovery that was not seen is none", () => {
    const recovery = {
      rate: 20_000,
      seconds: 5,
      lost: 0.3,
      watchedMs: 12_000,
      memoryMs: null,
      memoryBytes: null,
    };
    expect(recoveryText({ recovery: { ...recovery, steadyMs: 840 } })).toBe("0.8 s");
    expect(recoveryText({ recovery: { ...recovery, steadyMs: null } })).toBe("not within 12 s");
  });

  test("a known knee outside the interval is said to be", () => {
    const known = { agent: "k", scenario: "process-exec", perSecond: 10_000, waiting: 500, burst: null };
    expect(knownText({ ...known, knee: KNEE })).toBe(
      "k, process-exec: drops beyond 10,000/s, and 500 events may wait in it; found 10,000/s [9,870, 10,200]",
    );
    expect(knownText({ ...known, perSecond: 8000, knee: KNEE })).toContain("the interval does not hold it");
  });
});

const finding = (moves: KnobFinding["moves"]): KnobFinding => ({
  agent: "auditd@dropping",
  scenario: "process-exec",
  name: "backlog_limit",
  tried: [
    {
      buffer: 0.25,
      value: "2048 records",
      knee: KNEE,
      burst: { held: 500, overflowed: 707, ratePerSecond: 1 },
    },
    { buffer: 4, value: "32768 records", knee: KNEE, burst: null },
  ],
  moves,
});

test.each([
  ["bursts", /^auditd@dropping, process-exec: a larger backlog_limit holds longer bursts and does nothing/],
  ["bursts-at-least", /holds longer bursts; whether it carries a higher steady rate is not known/],
  ["both", /holds longer bursts and carries a higher steady rate/],
  ["knee", /carries a higher steady rate/],
  ["neither", /backlog_limit fixes no drops/],
  ["unknown", /whether backlog_limit helps is not known/],
] as const)("which knob fixes my drops: %s", (moves, expected) => {
  const text = knobText(finding(moves));
  expect(text).toMatch(expected);
  expect(text).toContain(
    "backlog_limit of 2048 records, 32768 records: largest burst without loss 500 to 707; not measured",
  );
});

const view = analyse(loadRecord([SENSOR]));
const PLAIN = { columns: 100, colour: false } as Parameters<typeof renderTerminal>[1];
const found = view.underLoad as UnderLoad;
const WITH_KNOB: RunView = { ...view, underLoad: { ...found, knobs: [finding("bursts")] } };

describe("a run under rising load alone", () => {
  test("is told on a terminal by its knees, and by no cost", () => {
    const text = renderTerminal(WITH_KNOB, PLAIN);
    expect(text).toContain("Under rising load");
    expect(text).toMatch(/10,\d00\/s \[|9,\d\d0\/s \[/);
    expect(text).toContain("overload of 5 s");
    expect(text).toContain("a larger backlog_limit holds longer bursts");
    expect(text).not.toMatch(/verdict|block 1/i);
  });

  test("and so in Markdown", () => {
    const text = renderMarkdown(WITH_KNOB);
    expect(text).toContain("### Under rising load: where events begin to drop");
    expect(text).toContain("| agent |");
    expect(text).toContain("Rate, then what");
  });

  test("and on a page with a curve, the knee in it, and what each mark is about", async () => {
    const page = await renderHtml(WITH_KNOB);
    expect(page).toContain("Where 1 agent begins to drop");
    expect(page).toMatch(/<svg[^>]*aria-label="Bad operations of process-exec over the rate/);
    expect(page).toMatch(/<title>sensor: [\d, ]+\/s \[/);
  });

  test("and in JSON that fits its schema, with the sentence beside the facts", () => {
    const json = summaryJson(WITH_KNOB);
    expect(() => SummaryJson.parse(json)).not.toThrow();
    expect(json.underLoad?.knobs[0]?.words).toBe(knobText(finding("bursts")));
    expect(json.underLoad?.rows[0]?.knee).toEqual(found.rows[0]?.knee);
  });
});

test("a knee that is known and was not found is an alarm", () => {
  const known = [
    { agent: "k", scenario: "process-exec", perSecond: 100, waiting: 5, knee: KNEE, burst: null },
  ];
  const text = renderTerminal({ ...view, underLoad: { ...found, known } }, PLAIN);
  expect(text).toContain("A known knee was not found: k on process-exec.");
});
