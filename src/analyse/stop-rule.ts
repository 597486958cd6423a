/**
 * How many blocks a run needs, from the spread of its pilot alone.
 *
 * Blind: nothing here looks at how large a cost is, only at how much it varies from block to block, so stopping by it cannot favour an
 * outcome. (Stopping as soon as a verdict comes out would: looking after every block finds differences that are not there several
 * times as often as the interval promises.) And asked again after each further block, the answer stays what the pilot gave.
 */
import type { Budget, Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import { isCalibration } from "../domain/run-header.ts";
import { METRIC_IDS } from "../domain/units.ts";
import { collect } from "./collect.ts";
import { atOnePace } from "./pace.ts";
import { effectiveRecord, isMeasured } from "./effective-record.ts";
import { tQuantile } from "./distributions.ts";
import { type Candidate, candidatesOf, meansOf } from "./estimate.ts";
import { FAMILY_ALPHA } from "./holm.ts";
import { LEVEL } from "./interval.ts";
import { type Mean, degreesAt } from "./mean.ts";
import { MAX_BLOCKS, leastEnough } from "./power.ts";

/** Fewer blocks do not know their own spread. Also the least that a run is stopped at. */
export const PILOT_BLOCKS = 12;
/** The reach of the bound that judges, as a share of the budget: then a cost of none and a cost at the budget are told apart. */
const PRECISION = 1 / 3;

/**
 * The smallest n >= 12 at which every budgeted cost is precise enough:
 *
 *     t(1 - 5 % / checks, degrees of n blocks) * s / sqrt(n)  <=  margin / 3
 *
 * with s the standard deviation of the cost over the pilot, moderated as in a verdict, and the quantile that Holm's procedure asks of the first
 * of all checks, at least 97.5 %. Where a part of the pilot's blocks lacks the cost, so will a part of the others, and n grows in proportion. The
 * largest n over all agents, operations and budgets counts.
 *
 * @param lines of the record so far that are `isOfPilot`, the header among them
 * @returns Infinity while the pilot is not complete, and where no budget is on a cost that was measured: there is nothing to be precise about
 * @throws RangeError when there is no header
 */
export const blocksNeededFor = (lines: readonly RecordLine[], plan: Plan): number => {
  const { record } = atOnePace(effectiveRecord(lines));
  const { agents } = record.header;
  const pilot = record.blocks.slice(0, PILOT_BLOCKS);
  if (pilot.length < PILOT_BLOCKS) return Infinity;
  const inPilot = new Set(pilot);
  const measured = record.trials.filter(isMeasured).filter(({ block }) => inPilot.has(block));
  const collected = collect(measured, agents);
  const checks = METRIC_IDS.flatMap((metric) => {
    const budgets = plan.budgets.filter((budget) => budget.metric === metric);
    if (budgets.length === 0) return [];
    const candidates = candidatesOf(collected, metric, pilot).filter(
      ({ key }) => !isCalibration(agents, key.agent),
    );
    const means = meansOf(candidates, agents);
    return budgets.flatMap(({ scenario, limit }) =>
      candidates
        .filter(({ key }) => scenario === "*" || scenario === key.scenario)
        .flatMap((candidate) => checkOf(means[scaleOf(limit)].get(candidate), limit, candidate)),
    );
  });
  const level = Math.max((1 + LEVEL) / 2, 1 - FAMILY_ALPHA / checks.length);
  return checks.length === 0
    ? Infinity
    : Math.max(PILOT_BLOCKS, ...checks.map((check) => blocksFor(check, level)));
};

/** Whether the rule asks for a line: what comes after the pilot changes nothing. */
export const isOfPilot = (line: RecordLine): boolean => {
  switch (line.type) {
    case "header":
    case "resume":
      return true;
    case "turn":
    case "trial":
    case "block":
      return line.block < PILOT_BLOCKS;
    case "overflow":
    case "load":
    case "coverage":
    case "watch":
    case "end":
    case "void":
      return false;
  }
};

interface Check {
  readonly mean: Mean;
  readonly margin: number;
  readonly blocks: number;
}

const scaleOf = ({ kind }: Budget["limit"]) => (kind === "absolute" ? "absolute" : "logRatio");

/** None where too few blocks hold the cost, or where a budget of nothing leaves no margin: neither will be decided by more blocks. */
const checkOf = (mean: Mean | undefined, limit: Budget["limit"], { blocks }: Candidate): readonly Check[] => {
  const margin = limit.kind === "absolute" ? limit.value : Math.log1p(limit.percent / 100);
  return mean === undefined || !(margin > 0) ? [] : [{ mean, margin, blocks: blocks.length }];
};

const blocksFor = ({ mean, margin, blocks }: Check, level: number): number => {
  const enough = (n: number): boolean =>
    (tQuantile(level, degreesAt(mean, n)) * mean.deviation) / Math.sqrt(n) <= PRECISION * margin;
  return Math.ceil(((leastEnough(enough) ?? MAX_BLOCKS) * PILOT_BLOCKS) / blocks);
};
