/**
 * How many blocks a run needs, from the spread of its pilot alone.
 *
 * Blind: nothing here looks at how large a cost is, only at how much it varies from block to block, so stopping by it cannot favour an
 * outcome. (Stopping as soon as a verdict comes out would: looking after every block finds differences that are not there several
 * times as often as the interval promises.) And asked again after each further block, the answer stays what the pilot gave.
 */
import { BASELINE, type Budget, type Plan } from "../domain/plan.ts";
import { type RecordLine, isCalibration } from "../domain/record.ts";
import { collect } from "./collect.ts";
import { effectiveRecord, isMeasured } from "./effective-record.ts";
import { tQuantile } from "./distributions.ts";
import { LEVEL } from "./interval.ts";
import { candidateOf } from "./estimate.ts";
import type { Contrast } from "./pair.ts";
import { MAX_BLOCKS, leastEnough } from "./power.ts";
import { sampleOf } from "./sample.ts";

/** Fewer blocks do not know their own spread. Also the least that a run is stopped at. */
export const PILOT_BLOCKS = 12;
/** Half the width of an interval, as a share of the budget: then a cost of none and a cost at the budget are told apart. */
const PRECISION = 1 / 3;

/**
 * The smallest n >= 12 at which every budgeted cost is precise enough:
 *
 *     t(97.5 %, n - 1) * s / sqrt(n)  <=  margin / 3
 *
 * with s the standard deviation of the cost over the pilot. Where a part of the pilot's blocks lacks the cost, so will a part of the
 * others, and n grows in proportion. The largest n over all agents, operations and budgets counts.
 *
 * @param lines of the record so far, the header among them
 * @returns Infinity while the pilot is not complete, and where no budget is on a cost that was measured: there is nothing to be precise about
 * @throws RangeError when there is no header
 */
export const blocksNeededFor = (lines: readonly RecordLine[], plan: Plan): number => {
  const record = effectiveRecord(lines);
  const pilot = record.blocks.slice(0, PILOT_BLOCKS);
  if (pilot.length < PILOT_BLOCKS) return Infinity;
  const inPilot = new Set(pilot);
  const collected = collect(record.trials.filter(isMeasured).filter(({ block }) => inPilot.has(block)));
  const needs = plan.budgets.flatMap((budget) => {
    const { metric } = budget;
    if (metric === "loss") return [];
    return [...collected.values()]
      .filter(({ key }) => key.agent !== BASELINE && !isCalibration(record.header.agents, key.agent))
      .filter((entry) => entry.metric === metric)
      .filter(({ key }) => budget.scenario === "*" || budget.scenario === key.scenario)
      .flatMap((entry) => blocksFor(candidateOf(entry, collected, pilot), budget.limit));
  });
  return needs.length === 0 ? Infinity : Math.max(PILOT_BLOCKS, ...needs);
};

/** None where two blocks do not hold the cost, or where a budget of nothing leaves no margin: neither will be decided by more blocks. */
const blocksFor = (cost: Contrast | undefined, limit: Budget["limit"]): readonly number[] => {
  const isAbsolute = limit.kind === "absolute";
  const values = (isAbsolute ? cost?.differences : cost?.logRatios) ?? [];
  const margin = isAbsolute ? limit.value : Math.log1p(limit.percent / 100);
  if (values.length < 2 || !(margin > 0)) return [];
  const { deviation } = sampleOf(values);
  const enough = (n: number): boolean =>
    (tQuantile((1 + LEVEL) / 2, n - 1) * deviation) / Math.sqrt(n) <= PRECISION * margin;
  const needed = leastEnough(enough) ?? MAX_BLOCKS;
  return [Math.ceil((needed * PILOT_BLOCKS) / values.length)];
};
