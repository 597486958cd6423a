import { describe, expect, test } from "vitest";
import type { TrialLine } from "../../src/domain/record.ts";
import type { NoiseReading } from "../../src/domain/trial-outcome.ts";
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

const CLOSED = { kind: "closed", batches: 1, batchOperations: 100, warmupOperations: 0 } as const;
const OPEN = { agent: "sensor", scenario: "file-open", load: CLOSED };
const SERVICE = { ...OPEN, scenario: "node-service" };
const IN_A_SECOND = { windowNs: 1e9, clock: "cpuacct" } as const;

describe("the noise gate", () => {
  test("lets a quiet trial pass, and one whose steal cannot be read", () => {
    const gate = createNoiseGate(1);
    expect(gate.judge(OPEN, noise(), IN_A_SECOND)).toBeUndefined();
    expect(gate.judge(OPEN, noise({ stealPercent: missing("no /proc/stat") }), IN_A_SECOND)).toBeUndefined();
  });

  test("names steal and a slow control loop with figure and limit", () => {
    const gate = createNoiseGate(1);
    expect(gate.judge(OPEN, noise({ stealPercent: value(7.25) }), IN_A_SECOND)).toBe(
      "the hypervisor took 7.3 % of the CPU time (more than 5 %)",
    );
    expect(gate.judge(OPEN, noise({ spinNs: [1000, 1200] }), IN_A_SECOND)).toBe(
      "the control loop ran 20 % slower than usual (more than 15 %)",
    );
  });

  test("lets everything pass where no cost is judged", () => {
    expect(OPEN_GATE.judge(OPEN, noise({ stealPercent: value(99) }), IN_A_SECOND)).toBeUndefined();
  });

  test("names a node's clock that told of the agent's trials before, and tells nothing of this one", () => {
    const gate = createNoiseGate(2);
    const stood = noise({
      othersCores: missing("167 ms in a window of 26 ms, which is more than 2 CPUs can do"),
    });
    const judge = (agent: string, one: NoiseReading): string | undefined =>
      gate.judge({ ...OPEN, agent }, one, IN_A_SECOND);
    expect(judge("baseline", stood)).toBeUndefined();
    expect(judge("baseline", noise({ othersCores: value(0) }))).toBeUndefined();
    expect(judge("baseline", stood)).toBe(
      "what the node did cannot be told: 167 ms in a window of 26 ms, which is more than 2 CPUs can do",
    );
    // Of one whose own CPU time is unknown it never can be.
    expect(judge("edr@attached", stood)).toBeUndefined();
  });

  test("does not take one or two ticks of a short window for steal", () => {
    const short = 100e6;
    expect(
      createNoiseGate(1).judge(OPEN, noise({ stealPercent: value(20) }), { windowNs: short }),
    ).toBeUndefined();
    expect(createNoiseGate(1).judge(OPEN, noise({ stealPercent: value(30) }), { windowNs: short })).toContain(
      "30.0 %",
    );
  });

  test("takes steal for a share of the whole node, however few CPUs a cpuset leaves to us", () => {
    const short = 100e6;
    const steal = noise({ stealPercent: value(6) });
    expect(createNoiseGate(2).judge(OPEN, steal, { windowNs: short })).toBeUndefined();
    expect(createNoiseGate(64).judge(OPEN, steal, { windowNs: short })).toContain("6.0 %");
  });

  test("finds a trial that was slow from edge to edge by the usual time of its own scenario", () => {
    const gate = createNoiseGate(1);
    for (let trial = 0; trial < 6; trial++) gate.judge(OPEN, noise(), IN_A_SECOND);
    expect(gate.judge(OPEN, noise({ spinNs: [1400, 1400] }), IN_A_SECOND)).toContain("40 % slower");
    expect(gate.judge(SERVICE, noise({ spinNs: [1400, 1400] }), IN_A_SECOND)).toBeUndefined();
  });

  describe("of what other processes spend", () => {
    const others = (cores: number): NoiseReading => noise({ othersCores: value(cores) });
    const usually = (cores: number, trial = OPEN) => {
      const gate = createNoiseGate(2);
      for (let block = 0; block < 3; block++) gate.judge(trial, others(cores), IN_A_SECOND);
      return gate;
    };

    test("names what is more than usual, with both figures and the limit", () => {
      expect(usually(0.02).judge(OPEN, others(0.55), IN_A_SECOND)).toBe(
        "other processes kept 0.55 CPUs busy, and usually 0.02 (more than 0.1 above)",
      );
    });

    test("lets what is usual pass, however much it is: a busy node, or a daemon that works for the agent", () => {
      expect(usually(1.4).judge(OPEN, others(1.45), IN_A_SECOND)).toBeUndefined();
    });

    test("knows what is usual by agent, scenario and load, and not before the fourth trial", () => {
      const gate = usually(0.02);
      for (const trial of [
        { ...OPEN, agent: "auditd@blocking" },
        SERVICE,
        { ...OPEN, load: { ...CLOSED, kind: "open", ratePerSecond: 500 } as const },
      ])
        expect(gate.judge(trial, others(0.55), IN_A_SECOND)).toBeUndefined();
    });

    test("is not told by ticks, which are longer than what they would have to tell", () => {
      expect(usually(0.02).judge(OPEN, others(0.55), { windowNs: 1e8, clock: "ticks" })).toBeUndefined();
    });
  });

  test("never looks at what an agent costs or at how long the workload had to wait", () => {
    expect(
      createNoiseGate(1).judge(
        OPEN,
        noise({ wallOverCpu: 50, involuntarySwitches: 1e6, syscallNs: [1, 9] }),
        IN_A_SECOND,
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
