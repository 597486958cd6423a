import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { Budget } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { NoiseReading } from "../../src/domain/trial-outcome.ts";
import { missing, value } from "../../src/domain/units.ts";
import { CLOSED, OPEN, buildRecord, seededNoise } from "./support/record-builder.ts";
import type { RunSpec, Slot } from "./support/record-builder.ts";

const WALL: Budget = { scenario: "*", metric: "wall", limit: { kind: "percent", percent: 50 } };
const CPU: Budget = { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 50 } };

const QUIET = { wallOverCpu: 1.05, cpuPressurePercent: value(2) } as const;

const runWith = (noise: (slot: Slot) => Partial<NoiseReading>, spec: Partial<RunSpec> = {}) => {
  const next = seededNoise(2);
  return analyse(
    buildRecord({
      blocks: 12,
      agents: ["falco"],
      budgets: [WALL, CPU],
      cpuNs: () => 1000 + 5 * next(),
      outcome: (slot, usual) => ({ ...usual, noise: { ...usual.noise, ...QUIET, ...noise(slot) } }),
      ...spec,
    }),
  );
};

const kindsOf = ({ verdicts }: ReturnType<typeof analyse>): Record<string, string> =>
  Object.fromEntries(verdicts.map(({ metric, kind }) => [metric, kind]));

describe("contention", () => {
  test("most baseline trials under pressure: nothing read from the clock is judged, CPU time is", () => {
    const summary = runWith(({ agent, block }) =>
      agent === "baseline" ? { cpuPressurePercent: value(block < 7 ? 30 : 2) } : {},
    );
    expect(summary.selfChecks.noise.contended).toBe(true);
    expect(kindsOf(summary)).toMatchObject({ wall: "invalid", "workload-cpu": "no-detectable-cost" });
    const noted = summary.estimates.filter(({ notes }) => notes.some(({ kind }) => kind === "contended"));
    expect(new Set(noted.map(({ metric }) => metric))).toEqual(new Set(["wall", "latency-p50"]));
    expect(summary.warnings).toContainEqual({ kind: "contended" });
  });

  test("pinned closed loops that took a quarter longer than their CPU time", () => {
    expect(runWith(() => ({ wallOverCpu: 1.3 })).selfChecks.noise.contended).toBe(true);
    expect(runWith(() => ({ wallOverCpu: 1.2 })).selfChecks.noise.contended).toBe(false);
  });

  test("is not seen in what an agent's own work presses, nor in an open loop that sleeps", () => {
    const busy = { cpuPressurePercent: value(90), wallOverCpu: 5 };
    expect(runWith(({ agent }) => (agent === "falco" ? busy : {})).selfChecks.noise.contended).toBe(false);
    const open = runWith(({ load }) => (load.kind === "open" ? { wallOverCpu: 50 } : {}), {
      loads: [CLOSED, OPEN],
    });
    expect(open.selfChecks.noise.contended).toBe(false);
    expect(kindsOf(open)["wall"]).not.toBe("invalid");
  });
});

describe("a noise reading that is missing", () => {
  test("is not quiet: what could not be judged is told", () => {
    const { warnings } = runWith(() => ({
      stealPercent: missing("no /proc/stat"),
      cpuPressurePercent: missing("no pressure file"),
    }));
    expect(warnings).toEqual([
      { kind: "noise-not-read", sign: "steal", unread: 36, trials: 36, reasons: ["no /proc/stat"] },
      { kind: "noise-not-read", sign: "cpu-pressure", unread: 24, trials: 24, reasons: ["no pressure file"] },
    ]);
  });

  test("is no part of the majority that decides on contention", () => {
    const summary = runWith(({ block }) => ({
      cpuPressurePercent: block < 9 ? missing("no pressure file") : value(40),
    }));
    expect(summary.selfChecks.noise.contended).toBe(true);
  });
});

/** Gives the agent's trials of the first blocks a first attempt that was given up, with another cost. */
const withRejected = (
  lines: readonly RecordLine[],
  factorIn: number | ((block: number) => number),
  blocks: number,
): readonly RecordLine[] =>
  lines.flatMap((line): readonly RecordLine[] => {
    if (line.type !== "trial" || line.agent !== "falco" || line.block >= blocks) return [line];
    const { outcome } = line;
    if (outcome.kind !== "measured") return [line];
    const factor = typeof factorIn === "number" ? factorIn : factorIn(line.block);
    const operations = outcome.driver.operations.map((operation) => ({
      ...operation,
      batches: operation.batches.map((batch) => ({ ...batch, cpuNs: batch.cpuNs * factor })),
    }));
    const first = { ...outcome, driver: { ...outcome.driver, operations } };
    return [
      { ...line, id: `f${line.id.slice(1)}`, rejected: "steal", outcome: first },
      { ...line, attempt: 2 },
    ];
  });

describe("trials that were done again", () => {
  const next = seededNoise(6);
  const lines = buildRecord({
    blocks: 12,
    agents: ["falco"],
    budgets: [CPU],
    cpuNs: () => 1000 + 5 * next(),
  });

  test("count once, and are told", () => {
    const before = analyse(lines);
    const after = analyse(withRejected(lines, 1.001, 4));
    expect(after.selfChecks.noise).toMatchObject({ redone: 4, trials: 36, sensitive: [] });
    expect(after.run.trials).toEqual(before.run.trials);
    expect(after.estimates).toEqual(before.estimates);
    expect(after.verdicts).toEqual(before.verdicts);
  });

  test("let a verdict stand that the noisier first attempts cannot tell, as long as they allow for it", () => {
    const noisy = (block: number): number => (block % 2 === 0 ? 1.6 : 0.6);
    const { selfChecks, verdicts } = analyse(withRejected(lines, noisy, 12));
    expect(verdicts.map(({ kind }) => kind)).toEqual(analyse(lines).verdicts.map(({ kind }) => kind));
    expect(selfChecks.noise).toMatchObject({ redone: 12, sensitive: [] });
  });

  test("make a verdict inconclusive where the first attempts cannot tell, and do not allow for it", () => {
    // As much more as the budget allows, give or take a third of it.
    const dearer = (block: number): number => (block % 2 === 0 ? 1.7 : 1.3);
    const { verdicts } = analyse(withRejected(lines, dearer, 12));
    expect(verdicts[0]?.reason).toMatchObject({ kind: "hangs-on-noise" });
  });

  test("make a verdict inconclusive that would be another with the attempts given up", () => {
    const { selfChecks, verdicts } = analyse(withRejected(lines, 3, 12));
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.kind).toBe("inconclusive");
    expect(verdicts[0]?.reason).toMatchObject({
      kind: "hangs-on-noise",
      otherwise: "over",
      reason: { kind: "equivalent" },
    });
    expect(selfChecks.noise.sensitive).toEqual([
      {
        agent: "falco",
        scenario: "process-exec",
        operation: "exec",
        load: "closed",
        placement: "pinned",
        metric: "workload-cpu",
        verdict: "no-detectable-cost",
        otherwise: "over",
      },
    ]);
  });
});
