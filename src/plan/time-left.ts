/** How long a run still takes: its forecast, at the pace of the turns and trials that are done. */
import type { Plan, Trial, Turn } from "../domain/plan.ts";
import type { LoadTurn } from "../domain/under-load.ts";
import { secondsOfWatch, type WatchTurn } from "../domain/watch.ts";
import { durationsOf, loadsWithin } from "./duration.ts";

/** So much of a block counts as gone as forecast, or the first trial would decide alone. */
const PRIOR_BLOCKS = 0.1;
/** The same for starts under rising load, seconds of them. */
const PRIOR_LOAD = 60;

export interface TimeLeft {
  beginBlock(index: number): void;
  beginTurn(turn: Turn): void;
  /** One that is done again, under another id, brings the run no further. */
  beginTrial(trial: Trial): void;
  /** Under rising load, after the blocks. */
  beginLoad(turn: LoadTurn): void;
  /** When the blocks are over. */
  beginWatch(turn: WatchTurn): void;
  ms(): number;
}

export const createTimeLeft = (plan: Plan, emulated: boolean, now: () => number, patience = 1): TimeLeft => {
  const durations = durationsOf(plan, emulated, patience);
  const began = now();
  let first = 0;
  let block = 0;
  let blockBegan = began;
  /** Forecast seconds of the block that are over when a turn, or the trial of that id, begins. */
  let starts: ReadonlyMap<Turn | string, number> = new Map();
  let done = 0;
  /** The start under rising load that goes on; undefined before the first. */
  let load: { readonly turn: LoadTurn; readonly began: number } | undefined;
  /** Of those before it: seconds as forecast, and as they were. */
  const loaded = { forecast: 0, real: 0 };
  /** Seconds of what is watched, from the one that has begun; undefined until one has. */
  let watchesLeft: number | undefined;

  /** Measured by forecast seconds. */
  const pace = (): number => {
    if (durations.block === 0) return 1;
    if (block > first) return (blockBegan - began) / 1000 / ((block - first) * durations.block);
    const prior = PRIOR_BLOCKS * durations.block;
    return done === 0 ? 1 : ((now() - began) / 1000 + prior) / (done + prior);
  };

  /** Undefined before the first start under rising load. */
  const loadsLeft = (): number | undefined => {
    if (load === undefined) return undefined;
    const usual = (loaded.real + PRIOR_LOAD) / (loaded.forecast + PRIOR_LOAD);
    const seconds = (turn: LoadTurn): number => usual * durations.load(turn);
    const { turn, began: at } = load;
    const turns = plan.load?.slice(plan.load.findIndex(({ id }) => id === turn.id)) ?? [];
    const within = (plan.timeBudgetSeconds ?? Infinity) - (at - began) / 1000;
    const [, ...later] = loadsWithin(turns, within, seconds);
    const own = Math.max(0, seconds(turn) - (now() - at) / 1000);
    return later.reduce((sum, one) => sum + seconds(one), own);
  };

  return {
    beginBlock: (index) => {
      if (starts.size === 0) first = index;
      block = index;
      blockBegan = now();
      done = 0;
      starts = startsIn(plan.blocks.find((one) => one.index === index)?.turns ?? [], durations);
    },
    beginTurn: (turn) => {
      done = starts.get(turn) ?? done;
    },
    beginTrial: ({ id }) => {
      done = starts.get(id) ?? done;
    },
    beginLoad: (turn) => {
      if (load !== undefined) {
        loaded.forecast += durations.load(load.turn);
        loaded.real += (now() - load.began) / 1000;
      }
      load = { turn, began: now() };
    },
    beginWatch: ({ id }) => {
      const turns = (plan.watches ?? []).flatMap((watched) => watched.turns);
      const begun = turns.findIndex((turn) => turn.id === id);
      watchesLeft = turns.slice(Math.max(0, begun)).reduce((sum, turn) => sum + secondsOfWatch(turn), 0);
    },
    ms: () => {
      if (watchesLeft !== undefined) return 1000 * watchesLeft;
      const { afterwards } = durations;
      const loads = loadsLeft();
      if (loads !== undefined || plan.blocks.length === 0)
        return 1000 * ((loads ?? afterwards) + durations.watches);
      const usual = pace() * durations.block;
      const fitting = Math.min(plan.blocks.length, first + durations.blocksWithin(usual));
      const blocks = Math.max(fitting, block + 1) - block;
      return 1000 * Math.max(0, blocks * usual - pace() * done + afterwards + durations.watches);
    },
  };
};

const startsIn = (
  turns: readonly Turn[],
  { turn: ofTurn, trial: ofTrial }: ReturnType<typeof durationsOf>,
): ReadonlyMap<Turn | string, number> => {
  const starts = new Map<Turn | string, number>();
  let seconds = 0;
  for (const turn of turns) {
    starts.set(turn, seconds);
    seconds += ofTurn(turn.agent);
    for (const trial of turn.trials) {
      starts.set(trial.id, seconds);
      seconds += ofTrial(trial);
    }
  }
  return starts;
};
