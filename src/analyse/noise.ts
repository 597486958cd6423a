/** Trials that were disturbed from outside, judged by readings that do not depend on what an agent costs. */
import type { MeasuredTrial } from "./current.ts";
import { BASELINE } from "../domain/plan.ts";
import { known } from "../domain/units.ts";
import { counted } from "./say.ts";

const MOST_STEAL_PERCENT = 5;
/** Under the baseline only: under an agent, its own work presses on the CPUs, and that is its cost. */
const MOST_PRESSURE_PERCENT = 20;
/** In closed loops only: an open loop sleeps until its operations are due. */
const MOST_WALL_OVER_CPU = 3;
/** Change of a fixed loop of user code from before the window to after it. */
const MOST_SPIN_CHANGE = 0.15;

interface Sign {
  readonly about: string;
  readonly concerns: (trial: MeasuredTrial) => boolean;
  readonly shows: (trial: MeasuredTrial) => boolean;
}

const always = (): boolean => true;
const isBaseline = (trial: MeasuredTrial): boolean => trial.agent === BASELINE;
const isClosed = (trial: MeasuredTrial): boolean => trial.load.kind === "closed";

const SIGNS: readonly Sign[] = [
  {
    about: `the hypervisor took more than ${MOST_STEAL_PERCENT} % of the CPU time (steal)`,
    concerns: always,
    shows: ({ outcome }) => (known(outcome.noise.stealPercent) ?? 0) > MOST_STEAL_PERCENT,
  },
  {
    about: `tasks waited for a CPU for more than ${MOST_PRESSURE_PERCENT} % of the time though no agent ran (pressure)`,
    concerns: isBaseline,
    shows: ({ outcome }) => (known(outcome.noise.cpuPressurePercent) ?? 0) > MOST_PRESSURE_PERCENT,
  },
  {
    about: `a closed loop took more than ${MOST_WALL_OVER_CPU} times its CPU time (it was kept waiting)`,
    concerns: isClosed,
    shows: ({ outcome }) => outcome.noise.wallOverCpu > MOST_WALL_OVER_CPU,
  },
  {
    about: `the control loop changed by more than ${100 * MOST_SPIN_CHANGE} % across the window (the CPU's speed changed)`,
    concerns: always,
    shows: ({ outcome }) => {
      const [before, after] = outcome.noise.spinNs;
      return Math.abs(after - before) > MOST_SPIN_CHANGE * before;
    },
  },
];

export const noiseWarnings = (trials: readonly MeasuredTrial[]): readonly string[] =>
  SIGNS.flatMap(({ about, concerns, shows }) => {
    const concerned = trials.filter(concerns);
    const shown = concerned.filter(shows).length;
    const whose =
      concerns === isBaseline ? "baseline trial" : concerns === isClosed ? "closed trial" : "trial";
    return shown === 0 ? [] : [`noise: in ${shown} of ${counted(concerned.length, whose)}, ${about}`];
  });
