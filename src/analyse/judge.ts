/**
 * Budgets -> verdicts. A verdict is `invalid` or `inconclusive` rather than a guess.
 *
 * The rules, in order; the first that holds decides:
 *
 *   invalid             what was measured cannot carry a verdict (emulated CPU, trials lost unevenly, under 2 blocks, no reading)
 *   inconclusive        under 10 blocks: exploratory
 *   over                the family-wise lower 95 % bound is above the budget
 *   no-detectable-cost  the 90 % interval holds zero cost and lies inside a third of the budget to either side; not for a level
 *   within              the one-sided upper 95 % bound is not above the budget
 *   inconclusive        otherwise, with the blocks that would decide it
 */
import { EMULATED } from "../domain/emulation.ts";
import { BASELINE, isCalibration } from "../domain/plan.ts";
import type { Budget } from "../domain/plan.ts";
import { METRICS } from "../domain/units.ts";
import type { MetricId } from "../domain/units.ts";
import type { LedgerRow, Verdict } from "../domain/verdict.ts";
import type { Cell } from "./cells.ts";
import { cellName, failedIn, failedShare } from "./cells.ts";
import type { Collected } from "./collect.ts";
import type { Assessment } from "./estimate.ts";
import { judgeCost } from "./judge-cost.ts";
import { judgeLoss } from "./judge-loss.ts";
import { invalid } from "./ruling.ts";
import type { Ruling } from "./ruling.ts";
import { counted, percent } from "./say.ts";
import { ALL_OPERATIONS } from "./series.ts";

export interface Evidence {
  readonly emulated: boolean;
  readonly budgets: readonly Budget[];
  readonly cells: ReadonlyMap<string, Cell>;
  readonly collected: ReadonlyMap<string, Collected>;
  readonly assessments: readonly Assessment[];
  readonly ledger: readonly LedgerRow[];
}

/**
 * More than this difference between the shares of failed trials, and what is compared are the survivors of something that may depend on the
 * agent. One failed trial of 10 blocks passes, two do not.
 */
const MAX_UNEVEN = 0.1;

/** Every budget for every agent that it concerns: cost budgets first by cell, in the order of the cells. */
export const judge = (evidence: Evidence): readonly Verdict[] =>
  evidence.budgets.flatMap((budget) =>
    [...evidence.cells.values()]
      .filter((cell) => cell.agent !== BASELINE && !isCalibration(cell.agent) && concerns(budget, cell))
      .flatMap((cell) => {
        const { metric } = budget;
        return metric === "loss"
          ? lossVerdicts(evidence, budget, cell)
          : costVerdicts(evidence, budget, metric, cell);
      }),
  );

const concerns = (budget: Budget, cell: Cell): boolean =>
  budget.scenario === "*" || budget.scenario === cell.scenario;

const verdictOf = (budget: Budget, cell: Cell, operation: string, ruling: Ruling): Verdict => ({
  agent: cell.agent,
  scenario: cell.scenario,
  operation,
  load: cell.load,
  metric: budget.metric,
  budget: budget.limit,
  ...ruling,
});

const costVerdicts = (
  evidence: Evidence,
  budget: Budget,
  metric: MetricId,
  cell: Cell,
): readonly Verdict[] => {
  if (!existsIn(metric, cell)) return [];
  const obstacle = obstacleTo(evidence, cell, METRICS[metric].kind === "paired");
  const found = evidence.assessments.filter(
    ({ estimate }) => estimate.metric === metric && cellName(estimate) === cellName(cell),
  );
  if (found.length === 0) {
    return [verdictOf(budget, cell, ALL_OPERATIONS, obstacle ?? invalid(whyNothing(evidence, metric, cell)))];
  }
  return found.map((assessment) =>
    verdictOf(
      budget,
      cell,
      assessment.estimate.operation,
      obstacle ?? judgeCost(assessment, metric, budget.limit),
    ),
  );
};

/** Response time counts from a due time, which a closed loop has not. */
const existsIn = (metric: MetricId, cell: Cell): boolean =>
  !(cell.loadKind === "closed" && (metric === "response-p50" || metric === "response-p99"));

/** What keeps the whole cell from carrying a verdict on cost, or undefined. */
const obstacleTo = (evidence: Evidence, cell: Cell, paired: boolean): Ruling | undefined => {
  if (evidence.emulated) {
    return invalid(EMULATED);
  }
  const baseline = evidence.cells.get(cellName({ ...cell, agent: BASELINE }));
  const reference = paired && baseline !== undefined ? failedShare(baseline) : 0;
  if (Math.abs(failedShare(cell) - reference) <= MAX_UNEVEN) return undefined;
  const against =
    paired && baseline !== undefined
      ? `, and ${failedIn(baseline)} of ${counted(baseline.trials.length, "trial")} of the baseline`
      : "";
  return invalid(
    `trials were lost unevenly: ${failedIn(cell)} of ${counted(cell.trials.length, "trial")} of ${cell.agent} failed${against}; the rest may not stand for all`,
  );
};

/** Why a cell has no estimate of a metric. */
const whyNothing = (evidence: Evidence, metric: MetricId, cell: Cell): string => {
  const title = METRICS[metric].title;
  if (cell.trials.length === 0) return `no trial was run: the run ended before`;
  const measured = cell.trials.filter((trial) => trial.outcome.kind === "measured");
  if (measured.length === 0) {
    const [first] = cell.trials;
    const reason =
      first?.outcome.kind === "skipped"
        ? first.outcome.reason
        : first?.outcome.kind === "failed"
          ? `${first.outcome.stage}: ${first.outcome.message}`
          : "";
    return `none of ${counted(cell.trials.length, "trial")} was measured (${reason})`;
  }
  const reasons = [...evidence.collected.values()]
    .filter((entry) => entry.metric === metric && cellName(entry.key) === cellName(cell))
    .flatMap((entry) => [...entry.missing.keys()]);
  if (reasons.length > 0) return `${title} could not be read: ${[...new Set(reasons)].join("; ")}`;
  return `${title}: no complete block holds what is to be compared`;
};

const lossVerdicts = (evidence: Evidence, budget: Budget, cell: Cell): readonly Verdict[] => {
  const rows = evidence.ledger.filter((one) => !isCalibration(one.agent));
  const row = rows.find((one) => cellName(one) === cellName(cell));
  if (row === undefined) return uncountedVerdicts(evidence, budget, cell);
  const operation = operationOf(cell);
  if (evidence.emulated) {
    return [
      verdictOf(
        budget,
        cell,
        operation,
        invalid(`${EMULATED}; how fast events come, and so how many are lost, is not a real node's`),
      ),
    ];
  }
  if (failedShare(cell) > MAX_UNEVEN) {
    const why = `${failedIn(cell)} of ${counted(cell.trials.length, "trial")} failed, and their events are in no ledger: loss is known to at most ${percent(1 - failedShare(cell))} of the trials`;
    return [verdictOf(budget, cell, operation, invalid(why))];
  }
  return [verdictOf(budget, cell, operation, judgeLoss(row, budget.limit, rows.length))];
};

/** A cell without a row owes a verdict only when its events would have been counted had a trial been measured. */
const uncountedVerdicts = (evidence: Evidence, budget: Budget, cell: Cell): readonly Verdict[] => {
  const hasEvents = evidence.ledger.some((row) => row.scenario === cell.scenario);
  const ran = cell.trials.some((trial) => trial.outcome.kind === "measured");
  if (!hasEvents || ran) return [];
  return [
    verdictOf(budget, cell, ALL_OPERATIONS, invalid("no trial was measured, so no event could be counted")),
  ];
};

/** The scenario's operation where it has one; a ledger does not tell several apart. */
const operationOf = (cell: Cell): string => {
  const names = new Set(
    cell.trials.flatMap(({ outcome }) =>
      outcome.kind === "measured" ? outcome.driver.operations.map((one) => one.operation) : [],
    ),
  );
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : ALL_OPERATIONS;
};
