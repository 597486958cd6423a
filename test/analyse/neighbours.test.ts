/** A service beside a storm: what is put into simulated records comes out, in size, sign and with the certainty that is promised. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { normalQuantile } from "../../src/analyse/distributions.ts";
import { effectiveRecord } from "../../src/analyse/effective-record.ts";
import { neighboursIn } from "../../src/analyse/neighbours.ts";
import type { Beside } from "../../src/domain/beside.ts";
import type { Measure, Neighbour, NeighbourContrast } from "../../src/domain/neighbour.ts";
import { BASELINE } from "../../src/domain/plan.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Load } from "../../src/domain/scenario.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import {
  buildRecord,
  histogramOf,
  measuredOf,
  operationOf,
  type RunSpec,
  seededNoise,
  type Slot,
} from "./support/record-builder.ts";

const SCENARIO = "neighbour-exec";
const STORM = { id: "0fe1", scenario: "process-exec", ratePerSecond: 2000 };
const ALONE: Beside = { setting: "shared" };
const BESIDE: Beside = { setting: "shared", storm: STORM };
const REQUESTS = 5000;
const loadOf = (requests: number): Load => ({
  kind: "open",
  ratePerSecond: 1000,
  batches: 10,
  batchOperations: requests / 10,
  warmupOperations: 100,
});

const recordOf = (spec: Partial<RunSpec>): readonly RecordLine[] =>
  buildRecord({
    blocks: 12,
    agents: ["one", "two"],
    scenarios: [SCENARIO],
    operations: { [SCENARIO]: "request" },
    loads: [loadOf(REQUESTS)],
    besides: [ALONE, BESIDE],
    ...spec,
  });

/** A trial in which the three percentiles lie where they are said to, in ns. */
const trialOf = (slot: Slot, p50: number, p99: number, p999: number) => {
  const requests = slot.load.batches * slot.load.batchOperations;
  const tail = Math.ceil(requests / 500);
  const far = Math.ceil(requests / 50);
  const response = histogramOf(
    [Math.round(p50), requests - far - tail],
    [Math.round(p99), far],
    [Math.round(p999), tail],
  );
  const measured = measuredOf(slot, [operationOf("request", 1000, slot.load, { response })]);
  const driver = { ...measured.driver, startNs: 0, endNs: requests * 1e6 };
  const storm = { processes: 2, askedPerSecond: 4000, startsPerSecond: value(3900) };
  return { ...measured, driver, ...(slot.beside?.storm === undefined ? {} : { storm }) };
};

interface Truth {
  /** Factors on all percentiles. */
  readonly storm: number;
  readonly agent: (agent: string) => number;
  readonly interaction: (agent: string) => number;
}

const NOISE = 0.06;

/** Blocks drift by a tenth, trials by six percent more. */
const linesOf = (truth: Truth, seed: number, spec: Partial<RunSpec> = {}): readonly RecordLine[] => {
  const noise = seededNoise(seed);
  const drift = new Map<number, number>();
  return recordOf({
    outcome: (slot) => {
      const { block, agent, beside } = slot;
      if (!drift.has(block)) drift.set(block, 0.1 * noise());
      const isStormy = beside?.storm !== undefined;
      const isOwn = agent !== BASELINE;
      const level =
        (drift.get(block) ?? 0) +
        Math.log(isStormy ? truth.storm : 1) +
        Math.log(isOwn ? truth.agent(agent) : 1) +
        Math.log(isStormy && isOwn ? truth.interaction(agent) : 1);
      const at = (ns: number): number => ns * Math.exp(level + NOISE * noise());
      return trialOf(slot, at(200_000), at(1_000_000), at(5_000_000));
    },
    ...spec,
  });
};

const simulated = (...of: Parameters<typeof linesOf>): RunView => analyse(linesOf(...of));

/** Without all else that a record says, which takes longer. */
const simulatedAlone = (...of: Parameters<typeof linesOf>): Pick<RunView, "neighbours"> => ({
  neighbours: neighboursIn(effectiveRecord(linesOf(...of))),
});

const NONE: Truth = { storm: 3, agent: () => 1.2, interaction: () => 1 };

const neighbourOf = ({ neighbours }: Pick<RunView, "neighbours">): Neighbour => {
  const [first, ...others] = neighbours;
  if (first === undefined || others.length > 0) throw new Error(`${neighbours.length} neighbours`);
  return first;
};

const contrastOf = (
  view: Pick<RunView, "neighbours">,
  agent: string,
  measure: Measure,
): NeighbourContrast => {
  const found = neighbourOf(view)
    .agents.find((one) => one.agent === agent)
    ?.contrasts.find((one) => one.measure === measure);
  if (found === undefined) throw new Error(`${agent} has no ${measure}`);
  return found;
};

const RUNS = 250;
/** 3.29 standard deviations of a share: another seed leaves it about once in a thousand. */
const band = (share: number, of: number): number => 3.29 * Math.sqrt((share * (1 - share)) / of);

describe("a service beside a storm", () => {
  test("an interaction comes out in size and sign, and what storm and agent do by themselves is not in it", () => {
    const truth: Truth = {
      storm: 3,
      agent: (agent) => (agent === "one" ? 1.2 : 1),
      interaction: (agent) => (agent === "one" ? 2 : 0.5),
    };
    const view = simulated(truth, 3);
    for (const measure of ["p50", "p99", "p999"] as const) {
      const [one, two] = [contrastOf(view, "one", measure), contrastOf(view, "two", measure)];
      for (const { interaction, known, doubt, blocks } of [one, two]) {
        expect([known, doubt, blocks]).toEqual([true, null, 12]);
        expect(interaction?.low).toBeLessThan(interaction?.value ?? 0);
        expect(interaction?.high).toBeGreaterThan(interaction?.value ?? Infinity);
      }
      expect(one.interaction?.value).toBeGreaterThan(1.85);
      expect(one.interaction?.value).toBeLessThan(2.15);
      expect(two.interaction?.value).toBeGreaterThan(0.46);
      expect(two.interaction?.value).toBeLessThan(0.54);
      expect(one.costAlone?.value).toBeGreaterThan(1.1);
      expect(one.costAlone?.value).toBeLessThan(1.3);
      expect(one.costBeside?.value).toBeCloseTo(
        (one.costAlone?.value ?? 0) * (one.interaction?.value ?? 0),
        9,
      );
    }
    const [storm] = neighbourOf(view).stormAlone;
    expect(storm?.measure).toBe("p50");
    expect(storm?.ratio.value).toBeGreaterThan(2.8);
    expect(storm?.ratio.value).toBeLessThan(3.2);
  });

  test("its 95 % interval holds the truth in about 95 % of the runs", () => {
    let held = 0;
    for (let run = 0; run < RUNS; run++) {
      const { interaction } = contrastOf(
        simulatedAlone({ ...NONE, interaction: () => 1.5 }, run + 1),
        "one",
        "p999",
      );
      if (interaction?.low == null || interaction.high === null) throw new Error("there is no interval");
      if (interaction.low <= 1.5 && interaction.high >= 1.5) held++;
    }
    expect(Math.abs(held / RUNS - 0.95)).toBeLessThan(band(0.95, RUNS));
  });

  test("where storm and agent only add up, one run in twenty at most calls anything known", () => {
    let called = 0;
    for (let run = 0; run < RUNS; run++) {
      const { agents } = neighbourOf(simulatedAlone(NONE, 1000 + run));
      if (agents.some(({ contrasts }) => contrasts.some(({ known }) => known === true))) called++;
    }
    expect(called / RUNS).toBeLessThan(0.05 + band(0.05, RUNS));
  });

  test("two requests in a thousand that stall show in p99.9, and in no other percentile", () => {
    const next = createRng(11);
    const spread = seededNoise(12);
    const responseOf = (isStalled: boolean) => {
      const level = 0.06 * spread();
      const all = Array.from({ length: REQUESTS }, () => {
        const u = (next() + 0.5) / 2 ** 32;
        const ns = 300_000 * Math.exp(level + 0.4 * normalQuantile(u));
        return isStalled && toUnit(next()) < 0.002 ? ns + 20e6 : ns;
      });
      const counts = Map.groupBy(all, (ns) => Math.round(ns / 1000) * 1000);
      return histogramOf(
        ...[...counts].map(([ns, of]) => [ns, of.length] as const).sort(([a], [b]) => a - b),
      );
    };
    const view = analyse(
      recordOf({
        agents: ["one"],
        outcome: (slot, usual) => {
          const isStalled = slot.agent === "one" && slot.beside?.storm !== undefined;
          const [request] = usual.driver.operations;
          if (request === undefined) throw new Error("nothing was asked");
          const operations = [{ ...request, response: responseOf(isStalled) }];
          return { ...usual, driver: { ...usual.driver, operations } };
        },
      }),
    );
    expect(contrastOf(view, "one", "p999").known).toBe(true);
    expect(contrastOf(view, "one", "p999").interaction?.low).toBeGreaterThan(1);
    for (const measure of ["p50", "p99"] as const) expect(contrastOf(view, "one", measure).known).toBe(false);
  });

  test("a 99.9th percentile needs 12 blocks, and 5,000 requests in a trial; a median less", () => {
    const few = simulated(NONE, 5, { blocks: 11 });
    expect(contrastOf(few, "one", "p999")).toMatchObject({
      doubt: "few-blocks",
      known: null,
      interaction: { low: null, high: null },
    });
    expect(contrastOf(few, "one", "p99")).toMatchObject({ doubt: null, blocks: 11 });
    const short = simulated(NONE, 5, { loads: [loadOf(4900)] });
    for (const measure of ["p99", "p999"] as const)
      expect(contrastOf(short, "one", measure)).toMatchObject({
        doubt: "few-requests",
        interaction: null,
        blocks: 0,
      });
    expect(contrastOf(short, "one", "p50").doubt).toBeNull();
  });

  test("levels follow the rule for levels: of a 99.9th percentile from 100,000 requests on", () => {
    const view = simulated(NONE, 6);
    // Two baselines of 60,000 each, and one agent of 60,000.
    const { alone, beside } = contrastOf(view, "one", "p999");
    expect(alone.baseline).toBeGreaterThan(1e6);
    expect(beside.baseline).toBeGreaterThan(1e6);
    expect([alone.agent, beside.agent]).toEqual([null, null]);
    expect(contrastOf(view, "one", "p99").beside.agent).toBeGreaterThan(1e6);
    expect(contrastOf(view, "one", "throughput").alone.agent).toBeCloseTo(1000, 6);
  });

  test("without one of its four sides nothing is told, and why a trial was not measured is", () => {
    const view = simulated(NONE, 7, {
      outcome: (slot) =>
        slot.agent === "two" && slot.beside?.storm !== undefined
          ? { kind: "skipped", reason: "no storm: too little memory", hint: "wait" }
          : trialOf(slot, 1e5, 1e6, 2e6),
    });
    expect(contrastOf(view, "two", "p99")).toMatchObject({ doubt: "not-measured", interaction: null });
    const [, two] = neighbourOf(view).agents;
    expect(two?.unmeasured).toEqual([{ kind: "skipped", reason: "no storm: too little memory" }]);
    expect(view.warnings).toContainEqual(
      expect.objectContaining({ what: "trial-skipped", agent: "two", scenario: SCENARIO }),
    );
  });

  test("tells what the agent took and lost meanwhile, and what became of the storm", () => {
    const view = simulated(NONE, 8, {
      outcome: (slot) => {
        const usual = trialOf(slot, 1e5, 1e6, 2e6);
        if (slot.agent === BASELINE || usual.ledger.kind !== "counted") return usual;
        const lost = slot.beside?.storm === undefined ? 0 : 50;
        const { cpu, ledger } = usual;
        return {
          ...usual,
          cpu: {
            ...cpu,
            windowNs: 1e9,
            agentNs: slot.agent === "one" ? value(25e7) : missing("it was gone"),
          },
          ledger: { ...ledger, delivered: ledger.operations - lost },
        };
      },
    });
    const { agents, storm } = neighbourOf(view);
    expect(agents).toMatchObject([
      { alone: { agentCores: 0.25, lost: 0 }, beside: { agentCores: 0.25, lost: 0.01 } },
      { alone: { agentCores: null }, beside: { agentCores: null } },
    ]);
    expect(storm).toEqual({
      scenario: "process-exec",
      processes: 2,
      askedPerSecond: 4000,
      startsPerSecond: 3900,
    });
  });

  test("a low weight is compared with the service alone on the same CPUs", () => {
    const low: Beside = { setting: "low-weight", storm: STORM };
    const view = simulated({ ...NONE, interaction: () => 2 }, 9, { besides: [ALONE, BESIDE, low] });
    expect(view.neighbours.map(({ setting }) => setting)).toEqual(["shared", "low-weight"]);
    const [shared, lower] = view.neighbours.map(({ agents }) => agents[0]?.contrasts[1]);
    expect(shared?.doubt).toBeNull();
    expect(lower?.doubt).toBeNull();
    expect(lower?.costAlone?.value).toBeCloseTo(shared?.costAlone?.value ?? 0, 9);
  });

  test("is in no cost, no ledger and no verdict, and counts as measured", () => {
    const limit = { kind: "percent", percent: 0.1 } as const;
    const view = simulated(NONE, 10, { budgets: [{ scenario: "*", metric: "loss", limit }] });
    expect([view.estimates, view.ledger, view.verdicts, view.deliveries, view.trials]).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
    expect(view.run.trials).toEqual({ measured: 12 * 4 * 2, skipped: 0, failed: 0 });
    expect(view.agents.map(({ measuredTrials }) => measuredTrials)).toEqual([48, 24, 24]);
    expect(analyse(buildRecord({ blocks: 4, agents: ["one"] })).neighbours).toEqual([]);
  });
});
