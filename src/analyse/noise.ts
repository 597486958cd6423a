/** Trials that were disturbed from outside, judged by readings that do not depend on what an agent costs. */
import type { MeasuredTrial } from "./current.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Reading } from "../domain/units.ts";
import { known, value } from "../domain/units.ts";
import type { NoiseSign } from "../domain/verdict.ts";
import { counted } from "./say.ts";

const MAX_STEAL_PERCENT = 5;
/** Under the baseline only: under an agent, its own work presses on the CPUs, and that is its cost. */
const MAX_PRESSURE_PERCENT = 20;
/** In closed loops only: an open loop sleeps until its operations are due. */
const MAX_WALL_OVER_CPU = 3;
/** Change of a fixed loop of user code from before the window to after it. */
const MAX_SPIN_CHANGE = 0.15;

const above = (reading: Reading<number>, limit: number): Reading<boolean> =>
  reading.kind === "missing" ? reading : value(reading.value > limit);

interface Sign {
  readonly id: NoiseSign["sign"];
  readonly name: string;
  readonly about: string;
  readonly concerns: (trial: MeasuredTrial) => boolean;
  /** Missing where the reading is: what could not be read is neither quiet nor noisy. */
  readonly shows: (trial: MeasuredTrial) => Reading<boolean>;
}

const always = (): boolean => true;
const isBaseline = (trial: MeasuredTrial): boolean => trial.agent === BASELINE;
const isClosed = (trial: MeasuredTrial): boolean => trial.load.kind === "closed";

const SIGNS: readonly Sign[] = [
  {
    about: `the hypervisor took more than ${MAX_STEAL_PERCENT} % of the CPU time (steal)`,
    concerns: always,
    id: "steal",
    name: "steal",
    shows: ({ outcome }) => above(outcome.noise.stealPercent, MAX_STEAL_PERCENT),
  },
  {
    about: `tasks waited for a CPU for more than ${MAX_PRESSURE_PERCENT} % of the time though no agent ran (pressure)`,
    concerns: isBaseline,
    id: "cpu-pressure",
    name: "CPU pressure",
    shows: ({ outcome }) => above(outcome.noise.cpuPressurePercent, MAX_PRESSURE_PERCENT),
  },
  {
    about: `a closed loop took more than ${MAX_WALL_OVER_CPU} times its CPU time (it was kept waiting)`,
    concerns: isClosed,
    id: "wall-over-cpu",
    name: "wall over CPU time",
    shows: ({ outcome }) => value(outcome.noise.wallOverCpu > MAX_WALL_OVER_CPU),
  },
  {
    about: `the control loop changed by more than ${100 * MAX_SPIN_CHANGE} % across the window (the CPU's speed changed)`,
    concerns: always,
    id: "control-loop",
    name: "the control loop",
    shows: ({ outcome }) => {
      const [before, after] = outcome.noise.spinNs;
      return value(Math.abs(after - before) > MAX_SPIN_CHANGE * before);
    },
  },
];

export const noiseSigns = (trials: readonly MeasuredTrial[]): readonly NoiseSign[] =>
  SIGNS.map(({ id, concerns, shows }) => {
    const readings = trials.filter(concerns).map(shows);
    return {
      sign: id,
      trials: readings.length,
      shown: readings.filter((reading) => known(reading) === true).length,
      unread: readings.filter(({ kind }) => kind === "missing").length,
    };
  });

export const noiseWarnings = (trials: readonly MeasuredTrial[]): readonly string[] =>
  SIGNS.flatMap(({ name, about, concerns, shows }) => {
    const readings = trials.filter(concerns).map(shows);
    const of = counted(
      readings.length,
      concerns === isBaseline ? "baseline trial" : concerns === isClosed ? "closed trial" : "trial",
    );
    const shown = readings.filter((reading) => known(reading) === true).length;
    const absent = readings.flatMap((reading) => (reading.kind === "missing" ? [reading.reason] : []));
    return [
      ...(shown === 0 ? [] : [`noise: in ${shown} of ${of}, ${about}`]),
      ...(absent.length === 0
        ? []
        : [
            `noise: ${name} could not be read in ${absent.length} of ${of}, so whether they were disturbed is not known: ${[...new Set(absent)].join("; ")}`,
          ]),
    ];
  });
