/** Two independent estimates of one thing: how far apart are they, and how well is that known? */
import type { Interval } from "../../domain/verdict.ts";
import { normalQuantile, tCdf, tQuantile } from "../distributions.ts";
import type { Mean as MeanOfBlocks } from "../mean.ts";

export type Mean = Pick<MeanOfBlocks, "value" | "standardError" | "degrees">;

/** Welch's (1947): two runs, or two kinds of node, need not be equally noisy. */
const varianceOf = (a: Mean, b: Mean): { readonly variance: number; readonly degrees: number } => {
  const [partA, partB] = [a.standardError ** 2, b.standardError ** 2];
  const variance = partA + partB;
  return { variance, degrees: variance ** 2 / (partA ** 2 / a.degrees + partB ** 2 / b.degrees) };
};

/** The difference `b` minus `a` with its two-sided interval for unequal variances. */
export const welch = (a: Mean, b: Mean, level: number): Interval => {
  const value = b.value - a.value;
  const { variance, degrees } = varianceOf(a, b);
  if (variance === 0) return { value, low: value, high: value };
  const half = tQuantile((1 + level) / 2, degrees) * Math.sqrt(variance);
  return { value, low: value - half, high: value + half };
};

/** Two-sided, of no difference. */
export const welchP = (a: Mean, b: Mean): number => {
  const value = Math.abs(b.value - a.value);
  const { variance, degrees } = varianceOf(a, b);
  if (variance === 0) return value === 0 ? 1 : 0;
  return 2 * (1 - tCdf(value / Math.sqrt(variance), degrees));
};

export interface Share {
  readonly hits: number;
  readonly of: number;
}

/** Wilson's score interval of a share (1927). */
const wilson = ({ hits, of }: Share, z: number): readonly [low: number, high: number] => {
  const p = hits / of;
  const centre = (p + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
};

/**
 * The difference of two shares, `b` minus `a`, with the interval that is put together from Wilson's for each (Newcombe 1998, method 10).
 * It does not collapse where nothing or everything was lost. Both `of` at least 1.
 */
export const newcombe = (
  a: Share,
  b: Share,
  level: number,
): { readonly value: number; readonly low: number; readonly high: number } => {
  const z = normalQuantile((1 + level) / 2);
  const [pA, pB] = [a.hits / a.of, b.hits / b.of];
  const [lowA, highA] = wilson(a, z);
  const [lowB, highB] = wilson(b, z);
  const value = pB - pA;
  return {
    value,
    low: value - Math.hypot(pB - lowB, highA - pA),
    high: value + Math.hypot(highB - pB, pA - lowA),
  };
};
