/** What calibration agents say that they truly did, by block: the known answers. */
import { mean } from "simple-statistics";
import type { Injected } from "../domain/agent.ts";
import { known } from "../domain/units.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { BlockSeries } from "./collect.ts";
import type { MeasuredTrial } from "./effective-record.ts";

/**
 * One number a block of each cell of the agents that have such a reading, by `cellName`.
 *
 * @param pick undefined where a trial's reading does not tell it
 */
export const injectedSeries = (
  trials: readonly MeasuredTrial[],
  pick: (injected: Injected) => number | undefined,
): ReadonlyMap<string, BlockSeries> => {
  const told = trials.flatMap((trial) => {
    const { injected } = trial.outcome;
    const read = injected === null ? undefined : known(injected);
    const amount = read === undefined ? undefined : pick(read);
    return amount === undefined
      ? []
      : [{ cell: cellName(conditionOfTrial(trial)), block: trial.block, amount }];
  });
  return new Map(
    [...Map.groupBy(told, ({ cell }) => cell)].map(([cell, ofCell]) => [
      cell,
      new Map(
        [...Map.groupBy(ofCell, ({ block }) => block)].map(([block, all]) => [
          block,
          mean(all.map(({ amount }) => amount)),
        ]),
      ),
    ]),
  );
};

/** Undefined where the agent acted on no operation: it has no cost an operation then, and least of all a cost of 0. */
export const perOperation =
  (pick: (injected: Injected) => number) =>
  (injected: Injected): number | undefined =>
    injected.operations > 0 ? pick(injected) / injected.operations : undefined;
