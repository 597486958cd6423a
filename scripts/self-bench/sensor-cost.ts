/** What the sensor adds to an exec, an open and a connect, on one run with its peers, as ratios of block means. */
import { sum } from "simple-statistics";
import type { MeasuredTrial } from "../../src/analyse/effective-record.ts";
import { createResampler } from "../../src/analyse/resample.ts";
import { createContext } from "../../src/cli/context.ts";
import { createScreen } from "../../src/cli/screen.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Load } from "../../src/domain/scenario.ts";
import type { MetricId } from "../../src/domain/units.ts";
import { withTracefs } from "../../src/session/tracefs.ts";
import { type Estimate, bootstrappedMean } from "./bootstrapped.ts";
import { addedBy, fixedPlan, measuredLines, measuredTrials } from "./measured-lines.ts";

export const SENSOR = "sensor";
/** Those with full coverage of execs, opens and connects that Debian has. */
const PEERS = ["bpftrace@everything", "auditd@blocking", "laurel"];

export interface SensorCosts {
  readonly scenarios: readonly string[];
  /** Of those that run here, in the order of `PEERS`. */
  readonly peers: readonly string[];
  /** Rivals that do not, with the reason. */
  readonly absent: readonly string[];
  /** System CPU time added to an operation, nanoseconds; undefined where nothing was measured. */
  added(agent: string, scenario: string): Estimate | undefined;
  /** One agent's added CPU time over another's, from the same blocks. */
  ratio(agent: string, other: string, scenario: string): Estimate | undefined;
  /** Operations that came out as events, of all in the trials; undefined where nobody counted. */
  delivered(agent: string, scenario: string): { readonly events: number; readonly of: number } | undefined;
  /** What went wrong in trials and turns. */
  readonly problems: readonly string[];
}

/** Long windows, since all CPUs' time is read in ticks: closed loops of so many batches of so many operations. */
const SIZES = {
  "process-exec": { batches: 10, batchOperations: 200, warmupOperations: 50 },
  "file-open": { batches: 20, batchOperations: 3_000, warmupOperations: 500 },
  "network-connect": { batches: 10, batchOperations: 1_000, warmupOperations: 100 },
} as const;
const SCENARIOS = Object.keys(SIZES) as (keyof typeof SIZES)[];
const METRIC: MetricId = "system-cpu";
const SEED = 20_261_123;
const BLOCKS = 24;

export const measureCosts = async (seconds: number): Promise<SensorCosts> => {
  const context = createContext(createScreen());
  return await withTracefs(context, async () => {
    const known = await context.agents();
    const all = await context.scenarios();
    const scenarios = new Map(
      SCENARIOS.flatMap((id) => {
        const scenario = all.get(id);
        const loads: readonly Load[] = [{ kind: "closed", ...SIZES[id] }];
        const same = { small: loads, medium: loads, large: loads };
        return scenario === undefined ? [] : [[id, { ...scenario, loads: same }]];
      }),
    );
    const absent: string[] = [];
    const chosen: Agent[] = [];
    for (const id of [SENSOR, ...PEERS]) {
      const agent = known.get(id);
      const probe = await agent?.probe(context.host);
      if (agent !== undefined && probe?.kind === "available") chosen.push(agent);
      else absent.push(`${id}: ${probe?.kind === "unavailable" ? probe.reason : "not known"}`);
    }
    const plan = fixedPlan({
      seed: SEED,
      agents: chosen,
      scenarios: [...scenarios.values()],
      blocks: BLOCKS,
      // The budget of a run counts from its context, which was made above.
      timeBudgetSeconds: seconds,
    });
    const lines = await measuredLines(context, plan, known, scenarios);
    const peers = PEERS.filter((id) => chosen.some((agent) => agent.id === id));
    return { ...evaluate(lines), peers, absent };
  });
};

const evaluate = (lines: readonly RecordLine[]): Omit<SensorCosts, "peers" | "absent"> => {
  const blocks = lines.filter((line) => line.type === "block").map(({ block }) => block);
  const measured = measuredTrials(lines);
  const resampler = createResampler(SEED, blocks);
  const differences = (agent: string, scenario: string): ReadonlyMap<number, number> => {
    const pairs = addedBy(measured, { agent, scenario, metric: METRIC }, blocks);
    return new Map(pairs.blocks.map((block, index) => [block, pairs.differences[index] ?? NaN]));
  };
  return {
    scenarios: SCENARIOS,
    added: (agent, scenario) => {
      const own = differences(agent, scenario);
      if (own.size === 0) return undefined;
      return bootstrappedMean(resampler, [...own.keys()], [...own.values()]);
    },
    ratio: (agent, other, scenario) => {
      const [first, second] = [differences(agent, scenario), differences(other, scenario)];
      const shared = [...first.keys()].filter((block) => second.has(block));
      if (shared.length === 0) return undefined;
      const upper = shared.map((block) => first.get(block) ?? NaN);
      const lower = shared.map((block) => second.get(block) ?? NaN);
      return bootstrappedMean(resampler, shared, upper, lower);
    },
    delivered: (agent, scenario) => deliveredOf(measured, agent, scenario),
    problems: problemsIn(lines),
  };
};

const deliveredOf = (
  trials: readonly MeasuredTrial[],
  agent: string,
  scenario: string,
): { readonly events: number; readonly of: number } | undefined => {
  const ledgers = trials
    .filter((trial) => trial.agent === agent && trial.scenario === scenario)
    .flatMap(({ outcome: { ledger } }) => (ledger.kind === "counted" ? [ledger] : []));
  if (ledgers.length === 0) return undefined;
  return {
    events: sum(ledgers.map(({ delivered }) => delivered)),
    of: sum(ledgers.map(({ operations }) => operations)),
  };
};

const problemsIn = (lines: readonly RecordLine[]): readonly string[] => {
  const all = lines.flatMap((line) => {
    if (line.type === "turn" && line.outcome.kind === "failed")
      return [`${line.agent}, ${line.outcome.stage}: ${line.outcome.message}`];
    if (line.type !== "trial" || line.outcome.kind === "measured") return [];
    if (line.outcome.kind === "counted") return [];
    const why = line.outcome.kind === "skipped" ? line.outcome.reason : line.outcome.message;
    return [`${line.agent}, ${line.scenario}: ${why}`];
  });
  return [...new Set(all)];
};
