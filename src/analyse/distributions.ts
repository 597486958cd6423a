/** Quantiles of the three distributions that the analysis needs, from a numerical library: no approximation of our own. */
import beta from "@stdlib/stats-base-dists-beta";
import normal from "@stdlib/stats-base-dists-normal";
import t from "@stdlib/stats-base-dists-t";

/** Throws where the library answers NaN, because a NaN would travel on as if it were a figure. */
const finite = (quantile: number, what: string): number => {
  if (Number.isNaN(quantile)) throw new RangeError(`${what} is not defined`);
  return quantile;
};

/** Student's t: the value below which a share `p` lies, for `degrees` > 0 of freedom. */
export const tQuantile = (p: number, degrees: number): number =>
  finite(t.quantile(p, degrees), `quantile ${p} of t with ${degrees} degrees of freedom`);

/** The share of Student's t below `x`. */
export const tCdf = (x: number, degrees: number): number =>
  finite(t.cdf(x, degrees), `share below ${x} of t with ${degrees} degrees of freedom`);

export const normalQuantile = (p: number): number =>
  finite(normal.quantile(p, 0, 1), `quantile ${p} of the normal distribution`);

export const betaQuantile = (p: number, a: number, b: number): number =>
  finite(beta.quantile(p, a, b), `quantile ${p} of beta(${a}, ${b})`);

/** The F distribution, by the beta distribution of which it is a form. */
export const fQuantile = (p: number, upper: number, lower: number): number => {
  const share = betaQuantile(p, upper / 2, lower / 2);
  return (lower * share) / (upper * (1 - share));
};

/** What F tends to with many degrees below. */
const MANY = 1e7;

export const chiSquareQuantile = (p: number, degrees: number): number =>
  degrees * fQuantile(p, degrees, MANY);

/** Binomial: the smallest count that is not exceeded with probability `p`, of `trials` at probability `each`. 0 for no trials. */
export const binomialQuantile = (p: number, trials: number, each: number): number => {
  // The share of the probability at each count, from the one before: no factorial that would overflow.
  let share = (1 - each) ** trials;
  let sum = share;
  let count = 0;
  while (sum < p && count < trials) {
    share *= ((trials - count) / (count + 1)) * (each / (1 - each));
    sum += share;
    count++;
  }
  return count;
};

/**
 * The share below which the true one lies only with probability `alpha`: exact, so never too high.
 *
 * @throws RangeError unless 0 <= lost <= operations and operations >= 1
 */
export const lowerShare = (lost: number, operations: number, alpha: number): number => {
  check(lost, operations);
  return lost === 0 ? 0 : betaQuantile(alpha, lost, operations - lost + 1);
};

/** The share above which the true one lies only with probability `alpha`. Errors as `lowerShare`. */
export const upperShare = (lost: number, operations: number, alpha: number): number => {
  check(lost, operations);
  return lost === operations ? 1 : betaQuantile(1 - alpha, lost + 1, operations - lost);
};

const check = (lost: number, operations: number): void => {
  if (!(operations >= 1 && lost >= 0 && lost <= operations)) {
    throw new RangeError(`${lost} lost of ${operations} operations is no share`);
  }
};
