import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { MetricId } from "../../src/domain/units.ts";
import { missing } from "../../src/domain/units.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import type { Estimate } from "../../src/domain/verdict.ts";
import type { Slot } from "./support/record-builder.ts";
import { buildRecord, CLOSED, OPEN, seededNoise } from "./support/record-builder.ts";

const estimateOf = (summary: RunView, metric: MetricId, agent = "falco"): Estimate => {
  const found = summary.estimates.find((one) => one.metric === metric && one.agent === agent);
  if (found === undefined) throw new Error(`no estimate of ${metric} for ${agent}`);
  return found;
};

/** Costs are added to a drift of blocks that is a hundred times their noise. */
const noisy = (costs: Readonly<Record<string, number>>): ((slot: Slot) => number) => {
  const noise = seededNoise(21);
  return ({ agent, block }) => 5000 + 1000 * Math.sin(block) + 10 * noise() + (costs[agent] ?? 0);
};

describe("known answers", () => {
  const record = buildRecord({
    blocks: 30,
    agents: ["falco", "auditd"],
    cpuNs: noisy({ falco: 250, auditd: 2000 }),
  });
  const summary = analyse(record);

  test.each([
    ["falco", 250],
    ["auditd", 2000],
  ])("the cost of %s comes back as %d ns", (agent, truth) => {
    const { absolute, hodgesLehmann, blocks, minimalDetectable, level } = estimateOf(
      summary,
      "workload-cpu",
      agent,
    );
    expect(blocks).toBe(30);
    expect(level).toBe(0.95);
    expect(absolute.low ?? Infinity).toBeLessThan(truth);
    expect(absolute.high ?? -Infinity).toBeGreaterThan(truth);
    // Noise of 10 ns in agent and, averaged, in two baselines: 12.2 ns a block, 2.2 ns of the mean.
    expect(Math.abs(absolute.value - truth)).toBeLessThan(4 * 2.24);
    expect(Math.abs(hodgesLehmann - truth)).toBeLessThan(4 * 2.24);
    expect(minimalDetectable).toBeGreaterThan(0);
  });

  test("wall time is a quarter more, and the interval's width is that of the noise, not of the drift", () => {
    const { absolute, baseline } = estimateOf(summary, "wall");
    expect(Math.abs(absolute.value - 250 * 1.25)).toBeLessThan(4 * 2.24 * 1.25);
    expect((absolute.high ?? Infinity) - (absolute.low ?? -Infinity)).toBeLessThan(20);
    expect(baseline).toBeGreaterThan(4000);
  });

  test("an exact ratio in every block comes back exactly", () => {
    const exact = analyse(
      buildRecord({
        blocks: 12,
        agents: ["falco"],
        cpuNs: ({ agent, block }) => (agent === "falco" ? 1.5 : 1) * (1000 + 10 * block),
      }),
    );
    const { ratio } = estimateOf(exact, "workload-cpu");
    expect(ratio?.value).toBeCloseTo(1.5, 12);
    expect(ratio?.low).toBeCloseTo(1.5, 9);
    expect(ratio?.high).toBeCloseTo(1.5, 9);
  });

  test("where difference and ratio point in opposite directions, a note says so", () => {
    // Baselines of 100 and 400: 220 is 30 less than their mean and a tenth more than their geometric mean.
    const cpuNs = ({ baseline }: Slot): number => (baseline === 1 ? 100 : baseline === 2 ? 400 : 220);
    const estimate = estimateOf(
      analyse(buildRecord({ blocks: 2, agents: ["falco"], cpuNs })),
      "workload-cpu",
    );
    expect(estimate.absolute.value).toBe(-30);
    expect(estimate.ratio?.value).toBeCloseTo(1.1, 12);
    expect(estimate.notes).toContainEqual({ kind: "opposite-signs" });
  });

  test("a level has no baseline and no ratio", () => {
    expect(estimateOf(summary, "agent-memory")).toMatchObject({
      absolute: { value: 8, low: 8, high: 8 },
      ratio: null,
      baseline: null,
      unit: "MiB",
      notes: [{ kind: "constant" }],
    });
  });

  test("the baseline itself is not estimated, and the order is the plan's and the metrics'", () => {
    expect(summary.estimates.some((one) => one.agent === "baseline")).toBe(false);
    const places = summary.estimates.map((one) => one.agent);
    expect(places).toEqual([...places].sort((a, b) => (a === b ? 0 : a === "falco" ? -1 : 1)));
  });
});

describe("laws", () => {
  const spec = {
    blocks: 11,
    agents: ["falco", "auditd"],
    scenarios: ["process-exec", "file-open"],
    loads: [CLOSED, OPEN],
    budgets: [
      { scenario: "*", metric: "workload-cpu", limit: { kind: "absolute", value: 400 } },
      { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
    ],
  } as const;
  const build = (seed: number, shift = 0, blocks: number = spec.blocks): readonly RecordLine[] => {
    const cost = noisy({ falco: 250, auditd: 2000 });
    return buildRecord({ ...spec, blocks, seed, cpuNs: (slot) => cost(slot) + shift });
  };
  const reference = JSON.stringify(analyse(build(1)));

  test("the same record gives the same bytes", () => {
    expect(JSON.stringify(analyse(build(1)))).toBe(reference);
  });

  test("no figure is infinite or no number", () => {
    const finite = (one: unknown): boolean =>
      typeof one === "number"
        ? Number.isFinite(one)
        : typeof one !== "object" || one === null || Object.values(one).every(finite);
    expect(finite(analyse(build(1)))).toBe(true);
  });

  test("another seed changes the bootstrap by little, and nothing that is judged at all", () => {
    const first = analyse(build(1, 0, 12));
    const second = analyse(build(2, 0, 12));
    for (const [index, estimate] of first.estimates.entries()) {
      const other = second.estimates[index];
      expect({ ...other, bootstrap: null }).toEqual({ ...estimate, bootstrap: null });
    }
    const [a, b] = [estimateOf(first, "workload-cpu"), estimateOf(second, "workload-cpu")];
    expect(a.bootstrap?.low).not.toBe(b.bootstrap?.low);
    const width = (a.absolute.high ?? 0) - (a.absolute.low ?? 0);
    expect(Math.abs((a.bootstrap?.low ?? 0) - (b.bootstrap?.low ?? 0))).toBeLessThan(0.1 * width);
  });

  test("the order in which trials were run and written does not matter", () => {
    const lines = build(1);
    const [header, ...rest] = lines;
    const end = rest.pop();
    if (header === undefined || end === undefined) throw new Error("the record is empty");
    fc.assert(
      fc.property(fc.shuffledSubarray(rest, { minLength: rest.length }), (shuffled) => {
        expect(JSON.stringify(analyse([header, ...shuffled, end]))).toBe(reference);
      }),
      { numRuns: 5 },
    );
  });

  test("what slows agent and baseline alike is no cost", () => {
    const before = estimateOf(analyse(build(1)), "workload-cpu");
    const after = estimateOf(analyse(build(1, 7000)), "workload-cpu");
    expect(after.absolute.value).toBeCloseTo(before.absolute.value, 6);
    // A spread is moderated in proportion to the level, so that the ends move, by little.
    const [high, highBefore] = [after.absolute.high ?? Number.NaN, before.absolute.high ?? Number.NaN];
    expect(Math.abs(high / highBefore - 1)).toBeLessThan(0.005);
    expect(after.baseline).toBeCloseTo((before.baseline ?? Number.NaN) + 7000, 6);
  });

  test("adding an agent leaves the others' estimates, and lends their intervals what it knows of the spread", () => {
    const alone = buildRecord({
      blocks: 12,
      agents: ["falco"],
      cpuNs: ({ block, agent, baseline }) =>
        1000 + ((block * 37) % 11) + (agent === "falco" ? 100 + ((block * 53) % 13) : (baseline ?? 0)),
    });
    const both = buildRecord({
      blocks: 12,
      agents: ["falco", "auditd"],
      cpuNs: ({ block, agent, baseline }) =>
        1000 +
        ((block * 37) % 11) +
        (agent === "baseline" ? (baseline ?? 0) : 100 + ((block * (agent === "falco" ? 53 : 29)) % 13)),
    });
    const one = estimateOf(analyse(alone), "workload-cpu");
    const two = estimateOf(analyse(both), "workload-cpu");
    expect(two.absolute.value).toBe(one.absolute.value);
    expect(one.degrees).toBe(11);
    expect(two.degrees).toBe(15);
  });
});

describe("few blocks", () => {
  test.each([1, 2, 3])("%d blocks give a value and no interval", (blocks) => {
    const estimate = estimateOf(
      analyse(buildRecord({ blocks, agents: ["falco"], cpuNs: noisy({}) })),
      "workload-cpu",
    );
    expect(estimate.absolute).toMatchObject({ low: null, high: null });
    expect(estimate.ratio).toMatchObject({ low: null, high: null });
    expect(estimate.bounds).toBeNull();
    expect(estimate.standardError).toBeNull();
    expect(estimate.minimalDetectable === null).toBe(blocks < 2);
    expect(estimate.notes).toEqual([{ kind: "exploratory", blocks, needed: 4 }]);
  });

  test("4 blocks give one", () => {
    const summary = analyse(buildRecord({ blocks: 4, agents: ["falco"], cpuNs: noisy({}) }));
    expect(estimateOf(summary, "workload-cpu").absolute.low).not.toBeNull();
  });
});

describe("what is not there", () => {
  test("a block that lacks a baseline, or that did not end, is not used", () => {
    const lines = buildRecord({
      blocks: 12,
      agents: ["falco"],
      ended: "no",
      outcome: ({ block, baseline }, usual) =>
        block === 3 && baseline === 2
          ? { kind: "failed", stage: "window", message: "driver ended", lastLines: [] }
          : usual,
    }).filter((line) => !(line.type === "block" && line.block === 11));
    const summary = analyse(lines);
    expect(summary.run).toMatchObject({ complete: false, endedAt: null, blocks: 11 });
    expect(estimateOf(summary, "workload-cpu").blocks).toBe(10);
    expect(estimateOf(summary, "agent-memory").blocks).toBe(11);
    expect(summary.run.trials).toEqual({ measured: 35, skipped: 0, failed: 1 });
  });

  test("a reading missing in some blocks narrows the estimate to the others and is told", () => {
    const summary = analyse(
      buildRecord({
        blocks: 12,
        agents: ["falco"],
        outcome: ({ block }, usual) =>
          block < 2 ? { ...usual, memory: { ...usual.memory, pssBytes: missing("gone") } } : usual,
      }),
    );
    expect(estimateOf(summary, "agent-memory")).toMatchObject({ blocks: 10, absolute: { value: 8 } });
    expect(summary.warnings).toContainEqual({
      kind: "sometimes-not-read",
      agent: "falco",
      metric: "agent-memory",
      missing: 2,
      readings: 12,
      reasons: ["gone"],
    });
  });

  test("a reading missing in all is no estimate, and listed as not measurable", () => {
    const summary = analyse(
      buildRecord({
        blocks: 12,
        agents: ["falco"],
        outcome: (_, usual) => ({
          ...usual,
          memory: { ...usual.memory, peakBytes: missing("no memory cgroup") },
        }),
      }),
    );
    expect(summary.estimates.some((one) => one.metric === "agent-memory-peak")).toBe(false);
    expect(summary.notMeasurable).toEqual([
      { kind: "never-read", agent: "falco", metric: "agent-memory-peak", reasons: ["no memory cgroup"] },
    ]);
  });

  test("a repeated block replaces what was left of the first attempt", () => {
    const clean = buildRecord({ blocks: 12, agents: ["falco"], cpuNs: noisy({ falco: 100 }) });
    const [header] = clean;
    if (header?.type !== "header") throw new Error("the record has no header");
    const at = clean.findIndex((line) => line.type === "trial" && line.block === 5);
    const spoilt = buildRecord({ blocks: 12, agents: ["falco"], cpuNs: () => 1e9 }).slice(at, at + 4);
    const resumed: RecordLine[] = [
      ...clean.slice(0, at),
      ...spoilt,
      { type: "resume", resumedAt: "2026-01-02T00:00:00.000Z", block: 5, host: header.host },
      ...clean.slice(at),
    ];
    const { warnings, run, ...rest } = analyse(resumed);
    const { warnings: before, run: ran, ...expected } = analyse(clean);
    expect(rest).toEqual(expected);
    expect(run).toEqual({ ...ran, lines: ran.lines + 1 });
    expect(warnings).toEqual([
      { kind: "incident", what: "resumed", block: 5, rebooted: false, times: 1 },
      ...before,
    ]);
  });

  test("a run without a finished block has no estimate and still a summary", () => {
    const [header] = buildRecord({ blocks: 3, agents: ["falco"] });
    if (header === undefined) throw new Error("the record is empty");
    const summary = analyse([header]);
    expect(summary.estimates).toEqual([]);
    expect(summary.warnings).toEqual([
      { kind: "incident", what: "interrupted", blocks: 0, planned: 3, times: 1 },
    ]);
  });

  test("lines without a header are refused", () => {
    expect(() => analyse([])).toThrow("none of the record's 0 lines is a header");
  });
});
