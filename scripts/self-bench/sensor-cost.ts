/** What the sensor adds to an exec, an open and a connect, on one run with its peers and its floor, as ratios of block means. */
import { mean } from "simple-statistics";
import { collect } from "../../src/analyse/collect.ts";
import { isMeasured } from "../../src/analyse/effective-record.ts";
import type { MeasuredTrial } from "../../src/analyse/effective-record.ts";
import { pairBlocks } from "../../src/analyse/pair.ts";
import { createResampler } from "../../src/analyse/resample.ts";
import { createContext } from "../../src/cli/context.ts";
import { createScreen } from "../../src/cli/screen.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Load } from "../../src/domain/scenario.ts";
import type { MetricId } from "../../src/domain/units.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import { withTracefs } from "../../src/session/tracefs.ts";
import { bootstrapped } from "./bootstrapped.ts";
import type { Estimate } from "./bootstrapped.ts";
import { measuredLines } from "./measured-lines.ts";
import { COUNTING, FLOOR, PEERS, SENSOR, counting, floor } from "./sensor-peers.ts";

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
    const known = new Map([...(await context.agents()), [FLOOR, floor], [COUNTING, counting]]);
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
    for (const id of [SENSOR, COUNTING, FLOOR, ...PEERS]) {
      const agent = known.get(id);
      const probe = await agent?.probe(context.host);
      if (agent !== undefined && probe?.kind === "available") chosen.push(agent);
      else absent.push(`${id}: ${probe?.kind === "unavailable" ? probe.reason : "not known"}`);
    }
    const plan = buildPlan({
      seed: SEED,
      profile: PROFILES.quick,
      agents: chosen,
      scenarios: [...scenarios.values()],
      blocks: BLOCKS,
      filesOn: "disk",
      stop: "fixed",
      // The budget of a run counts from its context, which was made above.
      timeBudgetSeconds: seconds,
      budgets: [],
      budgetSource: "none",
    });
    const lines = await measuredLines(context, plan, known, scenarios);
    const peers = PEERS.filter((id) => chosen.some((agent) => agent.id === id));
    return { ...evaluate(lines), peers, absent };
  });
};

const evaluate = (lines: readonly RecordLine[]): Omit<SensorCosts, "peers" | "absent"> => {
  const trials = lines.filter((line) => line.type === "trial").filter(({ rejected }) => rejected === null);
  const blocks = lines.filter((line) => line.type === "block").map(({ block }) => block);
  const measured = trials.filter(isMeasured);
  const collected = [...collect(measured).values()].filter(({ metric }) => metric === METRIC);
  const resampler = createResampler(SEED, blocks);

  const differences = (agent: string, scenario: string): ReadonlyMap<number, number> => {
    const seriesOf = (id: string, baseline: 1 | 2 | null): ReadonlyMap<number, number> =>
      collected.find(
        ({ key, baseline: which }) => key.agent === id && key.scenario === scenario && which === baseline,
      )?.series ?? new Map<number, number>();
    const references = ([1, 2] as const).map((number) => seriesOf("baseline", number));
    const pairs = pairBlocks(seriesOf(agent, null), references, blocks);
    return new Map(pairs.blocks.map((block, index) => [block, pairs.differences[index] ?? NaN]));
  };

  const meanAt = (values: readonly number[], positions: readonly number[]): number =>
    mean(positions.map((position) => values[position] ?? NaN));

  return {
    scenarios: SCENARIOS,
    added: (agent, scenario) => {
      const own = differences(agent, scenario);
      if (own.size === 0) return undefined;
      const values = [...own.values()];
      return bootstrapped(resampler, [...own.keys()], (positions) => meanAt(values, positions));
    },
    ratio: (agent, other, scenario) => {
      const [first, second] = [differences(agent, scenario), differences(other, scenario)];
      const shared = [...first.keys()].filter((block) => second.has(block));
      if (shared.length === 0) return undefined;
      const upper = shared.map((block) => first.get(block) ?? NaN);
      const lower = shared.map((block) => second.get(block) ?? NaN);
      return bootstrapped(
        resampler,
        shared,
        (positions) => meanAt(upper, positions) / meanAt(lower, positions),
      );
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
    events: ledgers.reduce((sum, ledger) => sum + ledger.delivered, 0),
    of: ledgers.reduce((sum, ledger) => sum + ledger.operations, 0),
  };
};

const problemsIn = (lines: readonly RecordLine[]): readonly string[] => {
  const all = lines.flatMap((line) => {
    if (line.type === "turn" && line.outcome.kind === "failed")
      return [`${line.agent}, ${line.outcome.stage}: ${line.outcome.message}`];
    if (line.type !== "trial" || line.outcome.kind === "measured") return [];
    const why = line.outcome.kind === "skipped" ? line.outcome.reason : line.outcome.message;
    return [`${line.agent}, ${line.scenario}: ${why}`];
  });
  return [...new Set(all)];
};
