/**
 * What shares the workload's core with it, such as another guest of the hypervisor, slows all code on it for milliseconds at a time, by up to a
 * half. The driver measures that by a fixed loop in user mode between its operations, which no agent sees. Here CPU times become what they would
 * have been at one pace:
 *
 *     cpu of a batch * exp(-k * (x - mean x)),   x = ln(time of the loop / its fastest in the run)
 *
 * with k from the regression of ln(cpu) on x over the batches of the agent, each about its mean. Every agent is brought to the same pace, so
 * what an agent does to the pace itself would be lost. Therefore nothing is removed where an agent could do that: where the core has other CPUs
 * of this node, or where the pace under an agent differs from the baseline's. And an agent whose work interrupts the workload interrupts the loop
 * as well: its CPU times stay as they were, and it says nothing about the run's pace.
 */
import { mean, sampleStandardDeviation } from "simple-statistics";
import { comparableOf, keyOf } from "../domain/condition.ts";
import type { Batch } from "../domain/driver.ts";
import type { Pace } from "../domain/pace.ts";
import { BASELINE } from "../domain/plan.ts";
import type { TrialLine } from "../domain/record.ts";
import type { HostFingerprint } from "../domain/run-header.ts";
import { loadName } from "../domain/scenario.ts";
import { known, value } from "../domain/units.ts";
import { tQuantile } from "./distributions.ts";
import { type EffectiveRecord, type MeasuredTrial, isMeasured } from "./effective-record.ts";
import { total } from "./ledger.ts";

type PacedBatch = Batch & Required<Pick<Batch, "paceNs" | "paceCpuNs">>;

/** Fewer batches of an agent do not tell its own k: then it is that of all agents. */
const MIN_BATCHES = 40;
/** Blocks from which on a difference of paces can be told. */
const MIN_BLOCKS = 4;
/** Standard errors that k must be from 0. */
const MIN_EVIDENCE = 4;
/** Involuntary context switches for each operation, beyond the baseline's: kauditd on the workload's CPU makes 0.1 to 0.6, others none. */
const MAX_INTERRUPTIONS = 0.05;
/** Of all differences of paces in an operation together. */
const DIFFERS_ALPHA = 0.01;

/** The record with CPU times at one pace, and what was done for each operation whose pace was measured. */
export const atOnePace = (
  record: EffectiveRecord,
): { readonly record: EffectiveRecord; readonly pace: readonly Pace[] } => {
  const paced = record.trials.filter(isMeasured).flatMap(pacedTrial);
  // A long run has more batches than a call may have arguments.
  const fastest = paced
    .flatMap(({ batches }) => batches)
    .reduce((least, { paceNs }) => Math.min(least, paceNs), Infinity);
  const groups = [...Map.groupBy(paced, ({ name }) => name)].map(
    ([name, trials]) => [name, modelOf(trials, fastest, record.header.host)] as const,
  );
  const models = new Map(groups);
  const steady = (trial: TrialLine): TrialLine => {
    if (!isMeasured(trial)) return trial;
    const [own] = pacedTrial(trial);
    const model = own === undefined ? undefined : models.get(own.name);
    return own === undefined || model === undefined ? trial : withoutPace(own, model, fastest);
  };
  return {
    record: {
      ...record,
      trials: record.trials.map(steady),
      firstAttempts: record.firstAttempts.map(steady),
    },
    pace: groups.map(([, model]) => model.facts),
  };
};

interface PacedTrial {
  readonly name: string;
  readonly at: ReturnType<typeof comparableOf>;
  readonly trial: MeasuredTrial;
  readonly batches: readonly PacedBatch[];
}

/** None where the trial does several operations, was free to change its core, or the pace of a batch was not measured. */
const pacedTrial = (trial: MeasuredTrial): readonly PacedTrial[] => {
  const [only, ...others] = trial.outcome.driver.operations;
  if (only === undefined || others.length > 0 || trial.placement !== "pinned") return [];
  const batches = only.batches.filter(isPaced);
  if (batches.length < only.batches.length || batches.length === 0) return [];
  const { scenario, placement, load } = trial;
  const at = comparableOf({ scenario, operation: only.operation, load: loadName(load), placement });
  return [{ name: keyOf(at), at, trial, batches }];
};

const isPaced = (batch: Batch): batch is PacedBatch =>
  (batch.paceNs ?? 0) > 0 && batch.paceCpuNs !== undefined && batch.cpuNs > 0 && batch.operations > 0;

interface Model {
  readonly facts: Pace;
  /** By agent; empty where nothing is removed. */
  readonly slopes: ReadonlyMap<string, number>;
  readonly meanX: number;
}

const xOf = ({ paceNs }: PacedBatch, fastest: number): number => Math.log(paceNs / fastest);
const yOf = ({ cpuNs, operations }: Batch): number => Math.log(cpuNs / operations);

const modelOf = (trials: readonly PacedTrial[], fastest: number, host: HostFingerprint): Model => {
  const all = Map.groupBy(trials, ({ trial }) => trial.agent);
  const interrupted = interruptedIn(all);
  const byAgent = new Map([...all].filter(([agent]) => !interrupted.includes(agent)));
  const paces = [...byAgent.values()].flatMap((own) =>
    own.flatMap(({ batches }) => batches.map((batch) => xOf(batch, fastest))),
  );
  const meanX = paces.length === 0 ? 0 : mean(paces);
  const sums = new Map([...byAgent].map(([agent, own]) => [agent, sumsOf(own, fastest)]));
  const pooled = slopeOf(added([...sums.values()]));
  const slopes = new Map(
    [...sums].map(([agent, own]) => [agent, own.n < MIN_BATCHES ? pooled.k : slopeOf(own).k]),
  );
  const state = stateOf(byAgent, fastest, host, pooled);
  const model = { slopes: state === "removed" ? slopes : new Map<string, number>(), meanX };
  const [first] = trials;
  if (first === undefined) throw new RangeError("no trial to tell a pace of");
  return {
    ...model,
    facts: {
      ...first.at,
      state,
      slowdown: { mean: percentOf(meanX), most: percentOf(paces.reduce((most, x) => Math.max(most, x), 0)) },
      spread: state === "removed" ? spreadOf(byAgent, { ...model, fastest }) : null,
      batches: paces.length,
      interrupted,
    },
  };
};

type ByAgent = ReadonlyMap<string, readonly PacedTrial[]>;

const interruptedIn = (byAgent: ByAgent): readonly string[] => {
  const perOperation = (own: readonly PacedTrial[]): number => {
    const batches = own.flatMap((one) => one.batches);
    return (
      total(batches, ({ involuntarySwitches }) => involuntarySwitches) /
      total(batches, ({ operations }) => operations)
    );
  };
  const baseline = byAgent.get(BASELINE);
  const usual = baseline === undefined ? 0 : perOperation(baseline);
  return [...byAgent].flatMap(([agent, own]) =>
    agent !== BASELINE && perOperation(own) > usual + MAX_INTERRUPTIONS ? [agent] : [],
  );
};

const percentOf = (x: number): number => 100 * Math.expm1(x);

interface Sums {
  readonly n: number;
  readonly groups: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

const sumsOf = (trials: readonly PacedTrial[], fastest: number): Sums => {
  const points = trials.flatMap(({ batches }) =>
    batches.map((batch) => [xOf(batch, fastest), yOf(batch)] as const),
  );
  const [x, y] = [mean(points.map(([one]) => one)), mean(points.map(([, one]) => one))];
  return {
    n: points.length,
    groups: 1,
    xx: total(points, ([one]) => (one - x) ** 2),
    xy: total(points, ([one, other]) => (one - x) * (other - y)),
    yy: total(points, ([, one]) => (one - y) ** 2),
  };
};

const added = (all: readonly Sums[]): Sums => ({
  n: total(all, ({ n }) => n),
  groups: all.length,
  xx: total(all, ({ xx }) => xx),
  xy: total(all, ({ xy }) => xy),
  yy: total(all, ({ yy }) => yy),
});

/** Slowness cannot make anything faster. */
const slopeOf = ({ n, groups, xx, xy, yy }: Sums) => {
  const degrees = n - groups - 1;
  if (xx === 0 || degrees < 1) return { k: 0, standardError: Infinity };
  const k = Math.max(0, xy / xx);
  return { k, standardError: Math.sqrt(Math.max(0, yy - k * xy) / degrees / xx) };
};

const stateOf = (
  byAgent: ByAgent,
  fastest: number,
  host: HostFingerprint,
  pooled: ReturnType<typeof slopeOf>,
): Pace["state"] => {
  const siblings = host.workloadCore === undefined ? undefined : known(host.workloadCore);
  if (siblings === undefined || !/^\d+$/.test(siblings)) return "shared-core";
  if (pooled.k < MIN_EVIDENCE * pooled.standardError || pooled.k === 0) return "no-effect";
  return pacesDiffer(byAgent, fastest) ? "differs" : "removed";
};

const pacesDiffer = (byAgent: ByAgent, fastest: number): boolean => {
  const baseline = byBlock(byAgent.get(BASELINE) ?? [], fastest);
  const agents = [...byAgent.keys()].filter((agent) => agent !== BASELINE);
  return agents.some((agent) => {
    const differences = [...byBlock(byAgent.get(agent) ?? [], fastest)].flatMap(([block, x]) => {
      const without = baseline.get(block);
      return without === undefined ? [] : [x - without];
    });
    const n = differences.length;
    if (n < MIN_BLOCKS) return false;
    const error = sampleStandardDeviation(differences) / Math.sqrt(n);
    return Math.abs(mean(differences)) > tQuantile(1 - DIFFERS_ALPHA / agents.length / 2, n - 1) * error;
  });
};

const byBlock = (trials: readonly PacedTrial[], fastest: number): ReadonlyMap<number, number> =>
  new Map(
    [...Map.groupBy(trials, ({ trial }) => trial.block)].map(([block, own]) => [
      block,
      mean(own.flatMap(({ batches }) => batches.map((batch) => xOf(batch, fastest)))),
    ]),
  );

type Removal = Pick<Model, "slopes" | "meanX"> & { readonly fastest: number };

const cpuAtOnePace = (batch: PacedBatch, agent: string, { slopes, meanX, fastest }: Removal): number =>
  batch.cpuNs * Math.exp(-(slopes.get(agent) ?? 0) * (xOf(batch, fastest) - meanX));

/** Root of the mean square of the agents' own. */
const spreadOf = (byAgent: ByAgent, removal: Removal): Pace["spread"] => {
  const agents = [...byAgent.values()].filter((own) => own.length > 1);
  const sd = (cpuOf: (batch: PacedBatch, agent: string) => number): number => {
    const squares = agents.map((own) => {
      const costs = own.map(
        ({ batches, trial }) =>
          total(batches, (batch) => cpuOf(batch, trial.agent)) /
          total(batches, ({ operations }) => operations),
      );
      return (sampleStandardDeviation(costs) / mean(costs)) ** 2;
    });
    return squares.length === 0 ? 0 : 100 * Math.sqrt(mean(squares));
  };
  return {
    before: sd(({ cpuNs }) => cpuNs),
    after: sd((batch, agent) => cpuAtOnePace(batch, agent, removal)),
  };
};

/** The loop's own CPU time is in no figure of the workload; the node's holds it. */
const withoutPace = ({ trial, batches }: PacedTrial, model: Model, fastest: number): TrialLine => {
  const { agent, outcome } = trial;
  const [operation] = outcome.driver.operations;
  if (operation === undefined) return trial;
  const steady = batches.map((batch) => ({
    ...batch,
    cpuNs: cpuAtOnePace(batch, agent, { ...model, fastest }),
  }));
  const taken =
    total(batches, ({ cpuNs, paceCpuNs }) => cpuNs + paceCpuNs) - total(steady, ({ cpuNs }) => cpuNs);
  const { systemBusyNs } = outcome.cpu;
  return {
    ...trial,
    outcome: {
      ...outcome,
      driver: { ...outcome.driver, operations: [{ ...operation, batches: steady }] },
      cpu: {
        ...outcome.cpu,
        systemBusyNs: systemBusyNs.kind === "missing" ? systemBusyNs : value(systemBusyNs.value - taken),
      },
    },
  };
};
