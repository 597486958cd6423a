/** A mean over blocks with what its t intervals need, and how the agents of one condition lend each other knowledge of their spread. */
import { tCdf, tQuantile } from "./distributions.ts";
import type { Sample } from "./sample.ts";

export interface Mean {
  readonly value: number;
  /** Blocks. */
  readonly n: number;
  /** Of one block: the sample's, or the moderated one. */
  readonly deviation: number;
  readonly standardError: number;
  /** Of freedom, those of the prior among them. */
  readonly degrees: number;
}

/** What the other agents of a condition know of a variance counts as much as so many more blocks. Chosen by simulation, docs/adr/0018. */
export const PRIOR_DEGREES = 4;

export const plainMean = ({ mean, n, deviation, standardError }: Sample): Mean => ({
  value: mean,
  n,
  deviation,
  standardError,
  degrees: n - 1,
});

export interface Scaled {
  readonly sample: Sample;
  /** What the deviation is proportional to, so that it can be compared with those of the other agents. */
  readonly scale: number;
}

/**
 * The relative variance of each is shrunk towards the mean of all: with few blocks a sample's own variance is a matter of luck. One alone
 * has no others to learn from, and keeps its own.
 */
export const moderatedMeans = (members: readonly Scaled[]): readonly Mean[] => {
  if (members.length < 2 || members.some(({ scale }) => !(scale > 0))) {
    return members.map(({ sample }) => plainMean(sample));
  }
  const relative = ({ sample, scale }: Scaled): number => (sample.deviation / scale) ** 2;
  const weights = members.reduce((sum, { sample }) => sum + sample.n - 1, 0);
  const prior = members.reduce((sum, one) => sum + (one.sample.n - 1) * relative(one), 0) / weights;
  return members.map((one): Mean => {
    const { mean, n } = one.sample;
    const degrees = n - 1 + PRIOR_DEGREES;
    const variance = (PRIOR_DEGREES * prior + (n - 1) * relative(one)) / degrees;
    const deviation = Math.sqrt(variance) * one.scale;
    return { value: mean, n, deviation, standardError: deviation / Math.sqrt(n), degrees };
  });
};

/** The degrees of freedom that `n` blocks would have, where those of `mean` are known. */
export const degreesAt = ({ degrees, n: blocks }: Mean, n: number): number =>
  n - 1 + (degrees - (blocks - 1));

/** Below it the true mean lies with probability `p`. */
export const bound = ({ value, standardError, degrees }: Mean, p: number): number =>
  standardError === 0 ? value : value + tQuantile(p, degrees) * standardError;

/** Two-sided. */
export const ends = (mean: Mean, level: number): readonly [low: number, high: number] => [
  bound(mean, (1 - level) / 2),
  bound(mean, (1 + level) / 2),
];

/** How probable so high a mean is where the true one is `limit`; what is not above it has at least 0.5. */
export const pAbove = ({ value, standardError, degrees }: Mean, limit: number): number => {
  if (standardError === 0) return value > limit ? 0 : 1;
  return 1 - tCdf((value - limit) / standardError, degrees);
};
