/** Exact (Clopper-Pearson 1934) bounds of a share, for events lost of operations done. */
import { betaQuantile } from "./distributions.ts";

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
