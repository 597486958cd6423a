/** Which knob fixes my drops? */
import { expect, test } from "vitest";
import { knobFindings } from "../../../src/analyse/load/knobs.ts";
import type { BufferFactor, Burst, Knee, LoadRow } from "../../../src/domain/under-load.ts";

const knee = (value: number): Knee => ({ value, low: 0.97 * value, high: 1.03 * value });
const burst = (held: number, overflowed: number | null = 1.4 * held): Burst => ({
  held,
  overflowed,
  ratePerSecond: 50_000,
});

const row = (buffer: BufferFactor, change: Partial<LoadRow>): LoadRow => ({
  agent: "auditd@dropping",
  scenario: "process-exec",
  buffer,
  criterion: "loss",
  knob: { name: "backlog_limit", value: `${8192 * buffer} records` },
  knee: null,
  starts: [],
  probes: 20,
  fastest: 60_000,
  overload: null,
  hold: null,
  exceed: null,
  burst: null,
  recovery: null,
  steps: [],
  curve: [],
  lost: 0,
  declaredLost: null,
  silentLost: null,
  stopped: [],
  unmeasured: [],
  ...change,
});

const movesOf = (least: Partial<LoadRow>, most: Partial<LoadRow>): unknown =>
  knobFindings([row(4, most), row(1, {}), row(0.25, least)])[0]?.moves;

test("a buffer that holds longer bursts and carries no higher rate", () => {
  expect(movesOf({ knee: knee(1000), burst: burst(500) }, { knee: knee(1020), burst: burst(8000) })).toBe(
    "bursts",
  );
});

test("one that moves both, the knee alone, or neither", () => {
  expect(movesOf({ knee: knee(1000), burst: burst(500) }, { knee: knee(4000), burst: burst(8000) })).toBe(
    "both",
  );
  expect(movesOf({ knee: knee(1000), burst: burst(500) }, { knee: knee(4000), burst: burst(600) })).toBe(
    "knee",
  );
  expect(movesOf({ knee: knee(1000), burst: burst(500) }, { knee: knee(1020), burst: burst(600) })).toBe(
    "neither",
  );
});

test("one that holds longer bursts is not said to do nothing for a steady load that was not found, or is known too roughly", () => {
  const beyond: Knee = { value: null, low: 50_000, high: null };
  const rough: Knee = { value: 1000, low: 400, high: 2500 };
  const [short, long] = [burst(500), burst(8000)];
  for (const [least, most] of [
    [beyond, beyond],
    [rough, rough],
    [knee(1000), rough],
  ] as const)
    expect(movesOf({ knee: least, burst: short }, { knee: most, burst: long })).toBe("bursts-at-least");
  expect(movesOf({ knee: rough, burst: short }, { knee: rough, burst: burst(600) })).toBe("unknown");
});

test("nothing is said of one that was not brought to drop, or not measured", () => {
  const beyond: Knee = { value: null, low: 50_000, high: null };
  expect(
    movesOf({ knee: beyond, burst: burst(20_000, null) }, { knee: beyond, burst: burst(20_000, null) }),
  ).toBe("unknown");
  expect(movesOf({}, {})).toBe("unknown");
  expect(movesOf({ knee: knee(1000) }, { knee: knee(1020) })).toBe("unknown");
});

test("the sizes stand in order, each with what it was set to", () => {
  const [finding] = knobFindings([row(4, {}), row(0.25, {}), row(1, {})]);
  expect(finding).toMatchObject({
    agent: "auditd@dropping",
    scenario: "process-exec",
    name: "backlog_limit",
    tried: [
      { buffer: 0.25, value: "2048 records" },
      { buffer: 1, value: "8192 records" },
      { buffer: 4, value: "32768 records" },
    ],
  });
});

test("one size alone, or an agent without such a setting, answers nothing", () => {
  expect(knobFindings([row(1, {})])).toEqual([]);
  expect(knobFindings([row(1, { knob: null }), row(4, { knob: null })])).toEqual([]);
});
