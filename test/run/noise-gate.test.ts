import { describe, expect, test } from "vitest";
import type { NoiseReading, TrialLine } from "../../src/domain/record.ts";
import { missing, value } from "../../src/domain/units.ts";
import { createNoiseGate, OPEN_GATE } from "../../src/run/noise-gate.ts";
import { createRetryIds } from "../../src/run/retry-id.ts";
import { fakeRun } from "./fake-run.ts";

const noise = (overrides: Partial<NoiseReading> = {}): NoiseReading => ({
  stealPercent: value(0),
  cpuPressurePercent: value(0),
  wallOverCpu: 1,
  spinNs: [1000, 1000],
  syscallNs: [1, 1],
  involuntarySwitches: 0,
  ...overrides,
});

const SECOND = 1e9;

describe("the noise gate", () => {
  test("lets a quiet trial pass, and one whose steal cannot be read", () => {
    const gate = createNoiseGate(1);
    expect(gate.judge("file-open", noise(), SECOND)).toBeUndefined();
    expect(
      gate.judge("file-open", noise({ stealPercent: missing("no /proc/stat") }), SECOND),
    ).toBeUndefined();
  });

  test("names steal and a slow control loop with figure and limit", () => {
    const gate = createNoiseGate(1);
    expect(gate.judge("file-open", noise({ stealPercent: value(7.25) }), SECOND)).toBe(
      "the hypervisor took 7.3 % of the CPU time (more than 5 %)",
    );
    expect(gate.judge("file-open", noise({ spinNs: [1000, 1200] }), SECOND)).toBe(
      "the control loop ran 20 % slower than usual (more than 15 %)",
    );
  });

  test("lets everything pass where no cost is judged", () => {
    expect(OPEN_GATE.judge("file-open", noise({ stealPercent: value(99) }), SECOND)).toBeUndefined();
  });

  test("does not take one or two ticks of a short window for steal", () => {
    const short = 100e6;
    expect(createNoiseGate(1).judge("file-open", noise({ stealPercent: value(20) }), short)).toBeUndefined();
    expect(createNoiseGate(1).judge("file-open", noise({ stealPercent: value(30) }), short)).toContain(
      "30.0 %",
    );
  });

  test("takes steal for a share of the whole node, however few CPUs a cpuset leaves to us", () => {
    const short = 100e6;
    const steal = noise({ stealPercent: value(6) });
    expect(createNoiseGate(2).judge("file-open", steal, short)).toBeUndefined();
    expect(createNoiseGate(64).judge("file-open", steal, short)).toContain("6.0 %");
  });

  test("finds a trial that was slow from edge to edge by the usual time of its own scenario", () => {
    const gate = createNoiseGate(1);
    for (let trial = 0; trial < 6; trial++) gate.judge("file-open", noise(), SECOND);
    expect(gate.judge("file-open", noise({ spinNs: [1400, 1400] }), SECOND)).toContain("40 % slower");
    expect(gate.judge("node-service", noise({ spinNs: [1400, 1400] }), SECOND)).toBeUndefined();
  });

  test("never looks at what an agent costs or at how long the workload had to wait", () => {
    expect(
      createNoiseGate(1).judge(
        "file-open",
        noise({ wallOverCpu: 50, involuntarySwitches: 1e6, syscallNs: [1, 9] }),
        SECOND,
      ),
    ).toBeUndefined();
  });
});

describe("ids of repeated trials", () => {
  test("are new, valid, and end in a digit that the turn has not used", () => {
    const next = createRetryIds();
    const taken = ["0001", "0002", "000e"];
    const ids = Array.from({ length: 30 }, () => next(taken));
    expect(new Set(ids).size).toBe(30);
    for (const id of ids) {
      expect(id).toMatch(/^(?!fff)[0-9a-f]{3}[1-e]$/);
      expect(["1", "2", "e"]).not.toContain(id.at(-1));
    }
  });

  test("are still given when the turn has used every digit", () => {
    const next = createRetryIds();
    const all = "123456789abcde".split("").map((digit) => `000${digit}`);
    expect(new Set([next(all), next(all)]).size).toBe(2);
  });
});

describe("a disturbed trial", () => {
  const attemptsOf = (lines: readonly TrialLine[]): unknown[] =>
    lines.map((line) => [line.attempt, line.rejected, line.outcome.kind]);

  test("is done again in its slot with another token, and both attempts are kept", async () => {
    let judged = 0;
    const run = fakeRun({
      agents: [],
      noiseGate: { judge: () => (++judged === 1 ? "too much steal" : undefined) },
    });
    await run.run();
    const [first, second, third] = run.trials("baseline");
    expect(attemptsOf(run.trials("baseline"))).toEqual([
      [1, "too much steal", "measured"],
      [2, null, "measured"],
      [1, null, "measured"],
    ]);
    expect(second?.id).not.toBe(first?.id);
    expect([first?.turn, second?.turn, third?.turn]).toEqual([0, 0, 1]);
  });

  test("counts at its third attempt, however noisy", async () => {
    const run = fakeRun({ agents: [], noiseGate: { judge: () => "always noisy" } });
    await run.run();
    expect(attemptsOf(run.trials("baseline")).slice(0, 3)).toEqual([
      [1, "always noisy", "measured"],
      [2, "always noisy", "measured"],
      [3, null, "measured"],
    ]);
  });
});

describe("the blind stop", () => {
  test("ends the run after the block at which it is precise enough, and says so", async () => {
    const run = fakeRun({ agents: [], blocks: 5, blocksNeeded: () => 3 });
    expect(await run.run()).toEqual({ reason: "precise-enough", blocks: 3 });
    expect(run.lines.at(-1)).toMatchObject({ type: "end", reason: "precise-enough", blocks: 3 });
  });
});
