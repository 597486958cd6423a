/**
 * A forecast of how long a plan takes, before anything has been measured. Rough by nature: a closed loop takes as long as the node
 * needs. time-left.ts corrects it, trial by trial, by what was measured.
 */
import { BASELINE, COVERAGE_SECONDS, OVERFLOW_SECONDS, type Plan, type Trial } from "../domain/plan.ts";
import { operationsOf, type Size } from "../domain/scenario.ts";
import { type LoadTurn, loadTurnSeconds } from "../domain/under-load.ts";
import { secondsOfWatch } from "../domain/watch.ts";
import { PROFILES } from "./profiles.ts";

/** What a node takes, in seconds: `agentTurn` and `baselineTurn` for start, readiness, settle and stop; a compiling agent takes longer. */
interface Pace {
  /** A closed trial of each size, with start and drain. */
  readonly closedTrial: Readonly<Record<Size, number>>;
  readonly drain: number;
  readonly agentTurn: number;
  readonly baselineTurn: number;
  /** A forced overflow, with the start that it takes. */
  readonly overflow: number;
  /** All techniques under an agent, with its start. */
  readonly coverage: number;
  /** The factor of all limits and pauses with which these were seen. */
  readonly patience: number;
}

/**
 * `real`: the machine that tare was written on. `emulated`: guests of both architectures on it, in their records of small trials; of these, 4 s
 * are pauses, stretched by the guests' patience, and the rest grows with the operations, of which a closed loop there has a tenth.
 */
const PACES: Readonly<Record<"real" | "emulated", Pace>> = {
  real: {
    closedTrial: { small: 0.55, medium: 0.8, large: 4 },
    drain: 0.4,
    agentTurn: 1.6,
    baselineTurn: 0.2,
    overflow: OVERFLOW_SECONDS,
    coverage: COVERAGE_SECONDS,
    patience: 1,
  },
  emulated: {
    closedTrial: { small: 5, medium: 6, large: 28 },
    drain: 4,
    agentTurn: 10,
    baselineTurn: 2,
    overflow: 40,
    coverage: 60,
    patience: 5,
  },
};

/** The server's start, the storm's, and what an agent still has to do when that is over. */
const BESIDE_SECONDS = 1.5;

const trialSeconds = ({ load, beside, seconds }: Trial, size: Size, pace: Pace): number => {
  const around = beside === undefined ? 0 : BESIDE_SECONDS;
  if (seconds !== undefined) return seconds + pace.drain + around;
  switch (load.kind) {
    case "closed":
      return pace.closedTrial[size] + around;
    case "open":
      return operationsOf(load) / load.ratePerSecond + pace.drain + around;
  }
};

const sum = (seconds: readonly number[]): number => seconds.reduce((all, one) => all + one, 0);

/** A plan in seconds: what each of its parts takes. */
export interface Durations {
  /** Of a turn without its trials. */
  readonly turn: (agent: string) => number;
  readonly trial: (trial: Trial) => number;
  /** Of a block, on average. */
  readonly block: number;
  /** Of a start under rising load. */
  readonly load: (turn: LoadTurn) => number;
  readonly coverage: number;
  readonly overflow: number;
  /** Of all starts under rising load for which there is time. */
  readonly loads: number;
  /** Of what comes after the blocks: techniques that are tried, overflows that are forced, starts under rising load. */
  readonly afterwards: number;
  /** Of all that is watched second by second. The time budget is for blocks that are timed. */
  readonly watches: number;
  /** How many blocks the time budget leaves when one takes `seconds`. The first is done whatever it takes. */
  readonly blocksWithin: (seconds: number) => number;
}

/**
 * `emulated`: the CPU is simulated, which makes everything take many times longer. `patience`: by what every limit and pause is multiplied; whoever
 * asks for more expects a node that is slower by as much.
 */
export const durationsOf = (plan: Plan, emulated: boolean, patience = 1): Durations => {
  const { size } = PROFILES[plan.profile];
  const pace = PACES[emulated ? "emulated" : "real"];
  const factor = Math.max(1, patience / pace.patience);
  const turn = (agent: string): number => factor * (agent === BASELINE ? pace.baselineTurn : pace.agentTurn);
  const trial = (one: Trial): number => factor * trialSeconds(one, size, pace);
  const turns = plan.blocks.flatMap((block) => block.turns);
  const all = sum(turns.map(({ agent, trials }) => turn(agent) + sum(trials.map(trial))));
  const load = (turn: LoadTurn): number => factor * loadTurnSeconds(turn);
  const overflow = factor * (plan.overflow?.length ?? 0) * pace.overflow;
  const coverage = factor * (plan.coverage?.turns.length ?? 0) * pace.coverage;
  const everyLoad = sum((plan.load ?? []).map(load));
  const { timeBudgetSeconds = Infinity } = plan;
  const count = plan.blocks.length;
  const block = count === 0 ? 0 : all / count;
  const blocksWithin = (seconds: number): number => {
    if (plan.timeBudgetSeconds === undefined || seconds === 0) return count;
    const fitting = Math.floor((timeBudgetSeconds - coverage - overflow - everyLoad) / seconds);
    return Math.min(count, Math.max(1, fitting));
  };
  const before = blocksWithin(block) * block + coverage + overflow;
  const loads = sum(loadsWithin(plan.load ?? [], timeBudgetSeconds - before, load).map(load));
  return {
    turn,
    trial,
    block,
    load,
    coverage,
    overflow,
    loads,
    afterwards: coverage + overflow + loads,
    watches: sum((plan.watches ?? []).flatMap(({ turns: watched }) => watched.map(secondsOfWatch))),
    blocksWithin,
  };
};

/** Starts under rising load for which there is time: the first is made whatever it takes, and none that would end too late. */
export const loadsWithin = (
  turns: readonly LoadTurn[],
  seconds: number,
  load: Durations["load"],
): readonly LoadTurn[] => {
  let taken = 0;
  const late = turns.findIndex((turn, index) => {
    taken += load(turn);
    return index > 0 && taken > seconds;
  });
  return late < 0 ? turns : turns.slice(0, late);
};

/** What a run may be held to: its forecast is rough, and a time budget a promise. */
export const expectedSeconds = (plan: Plan, emulated: boolean): number =>
  Math.max(
    forecastSeconds(plan, emulated),
    (plan.timeBudgetSeconds ?? 0) + durationsOf(plan, emulated).watches,
  );

/** The parts of a run, in the order in which they are done. */
export interface Forecast {
  readonly blocks: number;
  /** Seconds. */
  readonly parts: Readonly<Record<"blocks" | "coverage" | "overflow" | "load" | "watched", number>>;
}

export const forecastOf = (plan: Plan, emulated: boolean, patience = 1): Forecast => {
  const durations = durationsOf(plan, emulated, patience);
  const { block, coverage, overflow, loads, watches } = durations;
  const blocks = durations.blocksWithin(block);
  return {
    blocks,
    parts: { blocks: blocks * block, coverage, overflow, load: loads, watched: watches },
  };
};

export const secondsOf = ({ parts }: Forecast): number => sum(Object.values(parts));

export const forecastSeconds = (plan: Plan, emulated: boolean, patience = 1): number =>
  secondsOf(forecastOf(plan, emulated, patience));
