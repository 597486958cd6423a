/** What calibration agents say that they truly did, by block: the known answers. */
import { mean } from "simple-statistics";
import type { Injected } from "../domain/agent.ts";
import { loadName } from "../domain/scenario.ts";
import { known } from "../domain/units.ts";
import { cellName } from "./cells.ts";
import type { BlockSeries } from "./collect.ts";
import type { MeasuredTrial } from "./current.ts";

/**
 * One number a block of each cell of the agents that have such a reading.
 *
 * @param pick undefined where a trial's reading does not tell it
 */
export const injectedSeries = (
  trials: readonly MeasuredTrial[],
  pick: (injected: Injected) => number | undefined,
): ReadonlyMap<string, BlockSeries> => {
  const cells = new Map<string, Map<number, number[]>>();
  for (const { agent, scenario, load, placement, block, outcome } of trials) {
    const injected = outcome.injected === null ? undefined : known(outcome.injected);
    const amount = injected === undefined ? undefined : pick(injected);
    if (amount === undefined) continue;
    const name = cellName({ agent, scenario, load: loadName(load), placement });
    const cell = cells.get(name) ?? new Map<number, number[]>();
    cells.set(name, cell);
    cell.set(block, [...(cell.get(block) ?? []), amount]);
  }
  return new Map(
    [...cells].map(([name, cell]) => [name, new Map([...cell].map(([block, all]) => [block, mean(all)]))]),
  );
};

/** Undefined where the agent acted on no operation: it has no cost an operation then, and least of all a cost of 0. */
export const perOperation =
  (pick: (injected: Injected) => number) =>
  (injected: Injected): number | undefined =>
    injected.operations > 0 ? pick(injected) / injected.operations : undefined;
