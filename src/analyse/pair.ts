/**
 * Pairs an agent with its references inside each block, so that whatever drifts over minutes drops out of the difference.
 *
 * The references are averaged: arithmetically for a cost in units, as logarithms for a ratio. With one reference it is a plain pair,
 * which is how the two baselines are compared with each other (A/A).
 */
import { mean, median } from "simple-statistics";
import type { BlockSeries } from "./collect.ts";

export interface Contrast {
  /** Indices of the blocks that hold all of them, ascending. The vectors below are in this order. */
  readonly blocks: readonly number[];
  readonly differences: readonly number[];
  /** Natural logarithms of the ratios; null where any value is not positive, since a ratio then says nothing. */
  readonly logRatios: readonly number[] | null;
  readonly reference: number | null;
}

/** `blocks`: those that count. One that lacks the agent's reading or any reference's is left out. */
export const pairBlocks = (
  treated: BlockSeries,
  references: readonly BlockSeries[],
  blocks: readonly number[],
): Contrast => {
  const pairs = blocks.flatMap((block) => {
    const y = treated.get(block);
    const others = references.map((reference) => reference.get(block)).filter((one) => one !== undefined);
    return y === undefined || others.length < references.length || others.length === 0
      ? []
      : [{ block, y, others }];
  });
  const positive = pairs.every(({ y, others }) => y > 0 && others.every((one) => one > 0));
  return {
    blocks: pairs.map(({ block }) => block),
    differences: pairs.map(({ y, others }) => y - mean(others)),
    logRatios: positive ? pairs.map(({ y, others }) => Math.log(y) - mean(others.map(Math.log))) : null,
    reference: pairs.length === 0 ? null : median(pairs.map(({ others }) => mean(others))),
  };
};
