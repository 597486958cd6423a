/**
 * Budgets -> verdicts. A verdict is `invalid` or `inconclusive` rather than a guess.
 *
 * The rules, in order; the first that holds decides:
 *
 *   invalid             what was measured cannot carry a verdict (emulated CPU, trials lost unevenly, under 2 blocks, no reading)
 *   inconclusive        under 4 blocks: exploratory
 *   over                the cost is above the budget at 95 % for all checks of the run together (Holm)
 *   no-detectable-cost  the 90 % interval holds zero cost and lies inside a third of the budget to either side; not for a level
 *   within              the one-sided upper 95 % bound is not above the budget
 *   inconclusive        otherwise, with the blocks that would decide it
 */
import { ALL_OPERATIONS, conditionOf } from "../domain/condition.ts";
import { BASELINE, type Budget } from "../domain/plan.ts";
import type { Reason } from "../domain/reason.ts";
import { type Roles, isCalibration } from "../domain/run-header.ts";
import type { TrialOutcome } from "../domain/trial-outcome.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { type LedgerRow, type Ruling, type Verdict, invalid } from "../domain/verdict.ts";
import { type Cell, cellName, failedIn, failedShare } from "./cells.ts";
import type { AllCollected } from "./collect.ts";
import type { Assessment } from "./estimate.ts";
import { type CostCheck, familyDecisions } from "./cost-check.ts";
import { isObserved } from "./effective-record.ts";
import { judgeCost } from "./judge-cost.ts";
import { judgeLoss } from "./judge-loss.ts";
import { whyUnmeasured } from "./agents.ts";

export interface Evidence {
  readonly emulated: boolean;
  readonly agents: Roles;
  readonly budgets: readonly Budget[];
  readonly cells: ReadonlyMap<string, Cell>;
  readonly collected: AllCollected;
  readonly assessments: readonly Assessment[];
  readonly ledger: readonly LedgerRow[];
}

/**
 * More than this difference between the shares of failed trials, and what is compared are the survivors of something that may depend on the
 * agent. One failed trial of 10 blocks passes, two do not.
 */
const MAX_UNEVEN = 0.1;

/** A check of a cost waits for all others, whose number decides what "over" needs. */
type Pending = Verdict | { readonly address: Omit<Verdict, keyof Ruling>; readonly check: CostCheck };

export const judge = (evidence: Evidence): readonly Verdict[] => {
  const pending = evidence.budgets.flatMap((budget) =>
    [...evidence.cells.values()]
      .filter(({ agent }) => agent !== BASELINE && !isCalibration(evidence.agents, agent))
      .filter(({ scenario }) => budget.scenario === "*" || budget.scenario === scenario)
      .flatMap((cell): readonly Pending[] => {
        const { metric } = budget;
        return metric === "loss"
          ? lossVerdicts(evidence, budget, cell)
          : costChecks(evidence, budget, metric, cell);
      }),
  );
  const decisions = familyDecisions(pending.flatMap((one) => ("check" in one ? [one.check] : [])));
  return pending.map((one) =>
    "check" in one ? { ...one.address, ...judgeCost(one.check, decisions.get(one.check)) } : one,
  );
};

const addressOf = (budget: Budget, cell: Cell, operation: string): Omit<Verdict, keyof Ruling> => ({
  ...conditionOf({ ...cell, operation }),
  metric: budget.metric,
  budget: budget.limit,
});

const verdictOf = (budget: Budget, cell: Cell, operation: string, ruling: Ruling): Verdict => ({
  ...addressOf(budget, cell, operation),
  ...ruling,
});

const costChecks = (evidence: Evidence, budget: Budget, metric: MetricId, cell: Cell): readonly Pending[] => {
  if (!existsIn(metric, cell)) return [];
  const obstacle = obstacleTo(evidence, cell, METRICS[metric].kind === "paired");
  const found = evidence.assessments.filter(
    ({ estimate }) => estimate.metric === metric && cellName(estimate) === cellName(cell),
  );
  if (found.length === 0) {
    const nothing = whyNothing(evidence, metric, cell);
    // That every trial failed says more than that more of them failed than of the baseline's.
    const why = nothing.kind === "none-measured" ? nothing : (obstacle ?? nothing);
    return [verdictOf(budget, cell, ALL_OPERATIONS, invalid(why))];
  }
  return found.map((assessment): Pending => {
    const { operation } = assessment.estimate;
    return obstacle === undefined
      ? {
          address: addressOf(budget, cell, operation),
          check: { assessment, metric, limit: budget.limit },
        }
      : verdictOf(budget, cell, operation, invalid(obstacle));
  });
};

/** Response time counts from a due time, which a closed loop has not. */
const existsIn = (metric: MetricId, cell: Cell): boolean =>
  !(cell.loadKind === "closed" && (metric === "response-p50" || metric === "response-p99"));

const obstacleTo = (evidence: Evidence, cell: Cell, paired: boolean): Reason | undefined => {
  if (evidence.emulated) return { kind: "emulated" };
  const reference = paired ? evidence.cells.get(cellName({ ...cell, agent: BASELINE })) : undefined;
  const own = failedIn(cell);
  // Where all of them failed, nothing is left that might not stand for all.
  if (own.failed === own.trials) return undefined;
  const baseline = reference === undefined ? null : failedIn(reference);
  const difference = failedShare(own) - (baseline === null ? 0 : failedShare(baseline));
  return Math.abs(difference) <= MAX_UNEVEN ? undefined : { kind: "uneven-failures", ...own, baseline };
};

const whyNothing = (evidence: Evidence, metric: MetricId, cell: Cell): Reason => {
  const { trials } = cell;
  const [first] = trials;
  if (first === undefined) return { kind: "never-run" };
  if (!trials.some(isObserved)) {
    return { kind: "none-measured", trials: trials.length, first: whyUnmeasured(first.outcome) ?? null };
  }
  const reasons = [...evidence.collected.values()]
    .filter((entry) => entry.metric === metric && cellName(entry.key) === cellName(cell))
    .flatMap((entry) => [...entry.missing.keys()]);
  return reasons.length > 0
    ? { kind: "not-read", reasons: [...new Set(reasons)] }
    : { kind: "no-complete-block" };
};

const lossVerdicts = (evidence: Evidence, budget: Budget, cell: Cell): readonly Verdict[] => {
  const rows = evidence.ledger.filter(({ agent }) => !isCalibration(evidence.agents, agent));
  // The other trials are those in which it wrote least: they say nothing of these.
  const cut = cell.trials.filter((trial) => isCut(trial.outcome)).length;
  if (cut > 0) {
    const reason = { kind: "cut", cut, trials: cell.trials.length } as const;
    return [verdictOf(budget, cell, operationOf(cell), invalid(reason))];
  }
  const row = rows.find((one) => cellName(one) === cellName(cell));
  if (row === undefined) return uncountedVerdicts(evidence, budget, cell);
  return [verdictOf(budget, cell, operationOf(cell), lossRuling(evidence, budget, cell, row, rows.length))];
};

const isCut = (outcome: TrialOutcome): boolean =>
  outcome.kind === "measured" && outcome.ledger.kind === "not-observed" && outcome.ledger.cause === "cut";

const lossRuling = (
  evidence: Evidence,
  budget: Budget,
  cell: Cell,
  row: LedgerRow,
  familySize: number,
): Ruling => {
  if (evidence.emulated) return invalid({ kind: "emulated" });
  const failed = failedIn(cell);
  return failedShare(failed) > MAX_UNEVEN
    ? invalid({ kind: "uncounted-failures", ...failed })
    : judgeLoss(row, budget.limit, familySize);
};

/** A cell without a row owes a verdict only when its events would have been counted had a trial been measured. */
const uncountedVerdicts = (evidence: Evidence, budget: Budget, cell: Cell): readonly Verdict[] => {
  const hasEvents = evidence.ledger.some((row) => row.scenario === cell.scenario);
  const ran = cell.trials.some(isObserved);
  return !hasEvents || ran ? [] : [verdictOf(budget, cell, ALL_OPERATIONS, invalid({ kind: "uncounted" }))];
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
