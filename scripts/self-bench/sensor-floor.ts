/**
 * The sensor against its floor, closely: one kind of call as fast as one CPU does it, with nothing, with a bare submit of as many bytes, with the floor
 * (the event's fields and a submit), with the sensor counting and with the sensor writing, in turn and in random order, round by round. CPU time is the caller's, in which the programs run, and the loader's own, in which lines are
 * made; the node's whole time, which `sensor-cost.ts` takes, is too noisy to tell the two apart.
 */
import { createResampler } from "../../src/analyse/resample.ts";
import { createRng } from "../../src/domain/random.ts";
import { type Estimate, bootstrappedMean } from "./bootstrapped.ts";
import { CHAIN, buildLoop, ranNs, runLoop, underFloor, underSensor } from "./sensor-loops.ts";
import { inRounds } from "./shared.ts";

const SEED = 20_261_127;
const STATES = ["nothing", "bare", "floor", "counting", "writing"] as const;
type State = (typeof STATES)[number];
/** The floor's, so that both write to as much memory. */
const RING_BYTES = 8 << 20;

/**
 * Calls of a family, the bytes of text in a record of theirs, and how many times the rounds that they need for an interval narrower than what the
 * goal leaves: an exec takes ten times as long as what is added to it, so a slow spell of the machine weighs ten times as much, and on a noisy
 * machine opens vary by half from one second to the next.
 */
const CALLS = [
  { family: "exec", call: "exec", textBytes: execTextBytes(), more: 5 },
  { family: "file", call: "open", textBytes: "/nonexistent/closed-loop/TK-0000/00000000".length, more: 6 },
  { family: "network", call: "connect", textBytes: 0, more: 2 },
] as const;

/** Its path and its file's, its path as the first of its arguments with a NUL each, and the components of its directory with one each. */
function execTextBytes(): number {
  return 3 * CHAIN.length + " 00000000 ".length + process.cwd().length;
}

interface Cost {
  /** Nanoseconds a call. */
  readonly caller: number;
  readonly loader: number;
}

const costOf = async (
  program: string,
  { family, call, textBytes }: (typeof CALLS)[number],
  state: State,
  seconds: number,
): Promise<Cost> => {
  const under = async (pid: number | undefined): Promise<Cost> => {
    const before = pid === undefined ? 0 : ranNs(pid);
    const { calls, cpuNs } = await runLoop(program, call, seconds);
    return { caller: cpuNs / calls, loader: pid === undefined ? 0 : (ranNs(pid) - before) / calls };
  };
  switch (state) {
    case "nothing":
      return await under(undefined);
    case "bare":
      return await underFloor(family, `--text-bytes=${family}=${textBytes}`, under);
    case "floor":
      return await underFloor(family, `--fields=${family}`, under);
    case "counting":
    case "writing": {
      const output = state === "counting" ? "none" : "/dev/null";
      const args = [`--families=${family}`, `--ring-bytes=${RING_BYTES}`, `--output=${output}`];
      const { result, statistics } = await underSensor(args, under);
      const lost = statistics.families[family]?.lost;
      if (lost !== 0)
        throw new Error(`the sensor lost ${lost ?? "an unknown number of"} events of ${family}`);
      return result;
    }
  }
};

export interface FloorRow {
  readonly family: string;
  readonly state: Exclude<State, "nothing">;
  /** Added nanoseconds of a call: of the caller alone, and with the loader's. */
  readonly caller: Estimate;
  readonly whole: Estimate;
  /** The same over the floor's, and over the bare submit's. */
  readonly callerOfFloor: Estimate;
  readonly wholeOfFloor: Estimate;
  readonly callerOfBare: Estimate;
  readonly wholeOfBare: Estimate;
}

export const measureFloors = async (rounds: number, seconds: number): Promise<readonly FloorRow[]> => {
  const program = await buildLoop();
  const next = createRng(SEED);
  const rows: FloorRow[] = [];
  for (const calls of CALLS) {
    const order = Array.from({ length: rounds * calls.more }, (_, round) => round);
    const resampler = createResampler(SEED, order);
    const costs = await inRounds(order.length, STATES, next, (state) =>
      costOf(program, calls, state, seconds),
    );
    const added = (state: State, of: (cost: Cost) => number): readonly number[] =>
      costs.map((round) => of(round[state]) - of(round.nothing));
    const [caller, whole] = [({ caller }: Cost) => caller, ({ caller, loader }: Cost) => caller + loader];
    for (const state of STATES) {
      if (state === "nothing") continue;
      const over = (base: State, of: (cost: Cost) => number): Estimate =>
        bootstrappedMean(resampler, order, added(state, of), added(base, of));
      rows.push({
        family: calls.family,
        state,
        caller: bootstrappedMean(resampler, order, added(state, caller)),
        whole: bootstrappedMean(resampler, order, added(state, whole)),
        callerOfFloor: over("floor", caller),
        wholeOfFloor: over("floor", whole),
        callerOfBare: over("bare", caller),
        wholeOfBare: over("bare", whole),
      });
    }
  }
  return rows;
};
