/** Intervals as the analysis gives them. */
import type { Interval } from "../../../../src/domain/verdict.ts";

export const MINIMUM_BLOCKS = 4;

export const around = (centre: number, half: number, blocks: number): Interval => ({
  value: centre,
  low: blocks < MINIMUM_BLOCKS ? null : centre - half,
  high: blocks < MINIMUM_BLOCKS ? null : centre + half,
});
