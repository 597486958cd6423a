/**
 * Lower bounds that hold for a whole family at once (single-step max-T; Westfall and Young 1993): whoever looks for the one agent and
 * scenario that is over budget looks many times, and is wrong anywhere with at most 5 % probability.
 */
import { tQuantile } from "./distributions.ts";
import { orderQuantile } from "./bootstrap.ts";
import type { Sample } from "./sample.ts";

/** One contrast of the family: its sample and, where it exists, the joint bootstrap's t*. */
export interface Member {
  readonly sample: Sample;
  /** Null where the bootstrap is not to be trusted or the sample does not vary. */
  readonly t: Float64Array | null;
}

/**
 * The largest t* of each resample over the members that have one; its 95 % quantile is the family's common critical value. Members without
 * one get Student's with the error divided by the size of the family (Bonferroni), which needs no joint distribution.
 *
 * @returns for each member the lower bound, in the same order
 */
export const familyLowerBounds = (family: readonly Member[], alpha: number): readonly number[] => {
  const varying = family.filter((member) => member.sample.deviation > 0);
  const joint = varying.flatMap((member) => (member.t === null ? [] : [member.t]));
  // The error is shared out between the joint part and each of the others, so that the whole still adds up to alpha.
  const critical =
    joint.length === 0 ? undefined : criticalValue(joint, (alpha * joint.length) / varying.length);
  return family.map(({ sample, t }) => {
    if (sample.deviation === 0) return sample.mean;
    const factor =
      t === null || critical === undefined ? tQuantile(1 - alpha / varying.length, sample.n - 1) : critical;
    return sample.mean - factor * sample.standardError;
  });
};

/** Undefined where it is infinite: too many resamples without variance. */
const criticalValue = (joint: readonly Float64Array[], alpha: number): number | undefined => {
  const largest = Float64Array.from(joint[0] ?? []);
  for (const t of joint.slice(1)) {
    for (let row = 0; row < largest.length; row++) largest[row] = Math.max(largest[row] ?? 0, t[row] ?? 0);
  }
  const critical = orderQuantile(largest.sort(), 1 - alpha);
  return Number.isFinite(critical) ? critical : undefined;
};
