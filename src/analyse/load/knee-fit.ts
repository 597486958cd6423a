/**
 * The knee from probes: the highest rate whose long-run share of bad operations is at most a limit. Bayesian, on a grid; pure, so that
 * `tare analyse` repeats it.
 *
 * Bad operations come in bursts, so a probe's count is negative binomial with a shape that grows with its length:
 *
 *     bad ~ NegBin(mean = operations * p(rate), shape = a * seconds)        a: bursts a second
 *     p(rate) = limit * (rate / R) ^ k                                      up to the knee R
 *     p(rate) = min(the same, 1 - (1 - limit) * R / rate)                   beyond it, where what exceeds a service rate is bad
 *     p(rate) = min(the same, 1)                                            beyond it, where the agent collapses or blocks
 *
 * over R, k and a, over which of the two it is, and over whether some are bad at any rate. Two short probes then weigh like a long one, and one burst in a short probe does not move the knee far. The knee is no
 * constant: each probe's likelihood is blurred by some percent of R.
 */
import { gammaln } from "simple-statistics";

export interface Observation {
  readonly rate: number;
  readonly seconds: number;
  readonly operations: number;
  readonly bad: number;
}

export interface KneeModel {
  /** Share of the operations that may be bad. */
  readonly limit: number;
  /** What is bad beyond the knee, of what is possible: what exceeds it, or all. */
  readonly beyond: readonly ("excess" | "all")[];
}

export interface KneePrior {
  readonly low: number;
  readonly high: number;
  /** A knee above is not likely. */
  readonly likelyBelow: number;
}

export interface KneeFit {
  add(observation: Observation): void;
  /** The knee below which so much of the probability lies. */
  quantile(share: number): number;
}

const STEEPNESS = [2, 3, 5, 8, 16, 60, 1000] as const;
/** How many a second, and the logarithm of how likely that is: of rare ones a start would hold hardly any. */
const BURSTS = [
  [0.02, -3],
  [0.05, -1],
  [0.15, 0],
  [0.5, 0],
  [2, 0],
  [15, 0],
  [1e5, 0],
] as const;
/** Of the limit: what may be bad at any rate, so that it says nothing of the knee. */
const FLOORS = [0, 0.2] as const;
const SHAPES_EACH = STEEPNESS.length * BURSTS.length * FLOORS.length;

/** Of log R. */
const STEP = 0.02;
const BLUR = 0.02;
const BLUR_STEPS = Math.ceil((3 * BLUR) / STEP);
const BLUR_WEIGHTS = Array.from({ length: 2 * BLUR_STEPS + 1 }, (_, index) =>
  Math.exp(-0.5 * (((index - BLUR_STEPS) * STEP) / BLUR) ** 2),
);

const UNLIKELY = -4;
/** No count of operations tells it from 0. */
const MIN_MEAN = 1e-12;

export const createKneeFit = (model: KneeModel, { low, high, likelyBelow }: KneePrior): KneeFit => {
  const shapes = SHAPES_EACH * model.beyond.length;
  const steps = Math.max(2, Math.ceil(Math.log(high / low) / STEP) + 1);
  const knees = Float64Array.from({ length: steps }, (_, index) => low * Math.exp(index * STEP));
  const logPosterior = new Float64Array(steps * shapes);
  for (const [step, knee] of knees.entries())
    for (let shape = 0; shape < shapes; shape++)
      logPosterior[step * shapes + shape] =
        (knee > likelyBelow ? UNLIKELY : 0) + (BURSTS[shape % BURSTS.length]?.[1] ?? 0);
  let density: Float64Array | undefined;

  return {
    add: (observation) => {
      const likelihood = blurred(likelihoodOf(model, knees, observation), steps);
      for (const [cell, one] of likelihood.entries()) logPosterior[cell] = (logPosterior[cell] ?? 0) + one;
      density = undefined;
    },
    quantile: (share) => {
      density ??= densityOf(logPosterior, steps);
      return low * Math.exp(STEP * positionOf(density, share));
    },
  };
};

/** Logarithms, knee by knee; of each, steepness by steepness, floor by floor. */
const likelihoodOf = (
  { limit, beyond }: KneeModel,
  knees: Float64Array,
  { rate, seconds, operations, bad }: Observation,
): Float64Array => {
  const shapes = BURSTS.map(([bursts]) => {
    const shape = bursts * seconds;
    return { shape, constant: gammaln(bad + shape) - gammaln(shape) + shape * Math.log(shape) };
  });
  const likelihood = new Float64Array(knees.length * SHAPES_EACH * beyond.length);
  let cell = 0;
  for (const knee of knees) {
    const ratio = rate / knee;
    for (const one of beyond) {
      const most = ratio > 1 && one === "excess" ? 1 - (1 - limit) / ratio : 1;
      for (const steepness of STEEPNESS) {
        const share = Math.min(limit * ratio ** steepness, most);
        for (const floor of FLOORS) {
          const mean = Math.max(MIN_MEAN, operations * Math.max(share, floor * limit));
          const ofBad = bad * Math.log(mean);
          for (const { shape, constant } of shapes) {
            likelihood[cell] = constant + ofBad - (bad + shape) * Math.log(shape + mean);
            cell++;
          }
        }
      }
    }
  }
  return likelihood;
};

/** Over the knees, shape by shape. At the grid's ends what lies outside has no weight. */
const blurred = (likelihood: Float64Array, steps: number): Float64Array => {
  const shapes = likelihood.length / steps;
  const most = likelihood.reduce((a, b) => Math.max(a, b), -Infinity);
  const plain = likelihood.map((one) => Math.exp(one - most));
  const result = new Float64Array(likelihood.length);
  for (let step = 0; step < steps; step++) {
    const from = Math.max(0, step - BLUR_STEPS);
    const to = Math.min(steps - 1, step + BLUR_STEPS);
    let weights = 0;
    for (let near = from; near <= to; near++) {
      const weight = BLUR_WEIGHTS[near - step + BLUR_STEPS] ?? 0;
      weights += weight;
      for (let shape = 0; shape < shapes; shape++) {
        const cell = step * shapes + shape;
        result[cell] = (result[cell] ?? 0) + weight * (plain[near * shapes + shape] ?? 0);
      }
    }
    for (let shape = 0; shape < shapes; shape++) {
      const cell = step * shapes + shape;
      // The least number instead of 0, so that no probe rules a knee out for good.
      result[cell] = Math.log(Math.max((result[cell] ?? 0) / weights, Number.MIN_VALUE)) + most;
    }
  }
  return result;
};

/** Of the knee alone; sums to 1. */
const densityOf = (logPosterior: Float64Array, steps: number): Float64Array => {
  const shapes = logPosterior.length / steps;
  const most = logPosterior.reduce((a, b) => Math.max(a, b), -Infinity);
  const density = new Float64Array(steps);
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    for (let shape = 0; shape < shapes; shape++) {
      const one = Math.exp((logPosterior[step * shapes + shape] ?? 0) - most);
      density[step] = (density[step] ?? 0) + one;
      sum += one;
    }
  }
  return density.map((one) => one / sum);
};

/** In steps, between two where the share falls between them. */
const positionOf = (density: Float64Array, share: number): number => {
  let below = 0;
  for (const [step, one] of density.entries()) {
    if (below + one >= share) return step - 0.5 + (one === 0 ? 0.5 : (share - below) / one);
    below += one;
  }
  return density.length - 1;
};
