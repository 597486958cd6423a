/**
 * Pairs an agent with its references inside each block, so that whatever drifts over minutes drops out of the difference.
 *
 * The references are averaged: arithmetically for a cost in units, as logarithms for a ratio. With one reference it is a plain pair,
 * which is how the two baselines are compared with each other (A/A).
 *
 * What an agent adds was spent on the events that it delivered. Where they are counted, the difference of a block is divided by the share that
 * was delivered, so that losing events does not look cheap.
 */
import { mean, median } from "simple-statistics";
import type { BlockSeries } from "./collect.ts";

const NO_EVENTS: BlockSeries = new Map();

export interface Contrast {
  /** Indices of the blocks that hold all of them, ascending. The vectors below are in this order. */
  readonly blocks: readonly number[];
  readonly differences: readonly number[];
  /** Natural logarithms of the ratios; null where any value is not positive, since a ratio then says nothing. */
  readonly logRatios: readonly number[] | null;
  readonly reference: number | null;
  /** Operations for each delivered event, mean over the blocks: 1 where every event was delivered or none is counted. */
  readonly perEvent: number;
}

/**
 * @param blocks those that count. One that lacks the agent's reading or any reference's is left out
 * @param perEvent operations for each delivered event; a block that it lacks stays a cost of an operation
 */
export const pairBlocks = (
  treated: BlockSeries,
  references: readonly BlockSeries[],
  blocks: readonly number[],
  perEvent: BlockSeries = NO_EVENTS,
): Contrast => {
  const pairs = blocks.flatMap((block) => {
    const y = treated.get(block);
    const others = references.map((reference) => reference.get(block)).filter((one) => one !== undefined);
    return y === undefined || others.length < references.length || others.length === 0
      ? []
      : [{ block, y, others, events: perEvent.get(block) ?? 1 }];
  });
  const positive = pairs.every(({ y, others }) => y > 0 && others.every((one) => one > 0));
  // A ratio less one, of an event.
  const excess = positive
    ? pairs.map(({ y, others, events }) => events * Math.expm1(Math.log(y) - mean(others.map(Math.log))))
    : null;
  return {
    blocks: pairs.map(({ block }) => block),
    differences: pairs.map(({ y, others, events }) => events * (y - mean(others))),
    logRatios: excess?.every((one) => one > -1) === true ? excess.map(Math.log1p) : null,
    reference: pairs.length === 0 ? null : median(pairs.map(({ others }) => mean(others))),
    perEvent: pairs.length === 0 ? 1 : mean(pairs.map(({ events }) => events)),
  };
};
