/** Cell: one agent (or the baseline) under one scenario, load and placement, with what became of its trials. */
import { type TrialCondition, keyOf, trialConditionOf } from "../domain/condition.ts";
import { type Plan, trialsIn } from "../domain/plan.ts";
import type { FailedTrials } from "../domain/reason.ts";
import type { TrialLine } from "../domain/record.ts";
import { type Load, loadName } from "../domain/scenario.ts";

export interface Cell extends TrialCondition {
  readonly loadKind: Load["kind"];
  readonly trials: readonly TrialLine[];
}

export const conditionOfTrial = (
  trial: Pick<TrialLine, "agent" | "scenario" | "load" | "placement">,
): TrialCondition => trialConditionOf({ ...trial, load: loadName(trial.load) });

/** Names the cell that something belongs to, of whichever operation it is. */
export const cellName = ({ agent, scenario, load, placement }: TrialCondition): string =>
  keyOf({ agent, scenario, load, placement });

/** Every cell that was planned or run, by `cellName`; one that was never reached has no trials. */
export const cellsOf = (plan: Plan, trials: readonly TrialLine[]): ReadonlyMap<string, Cell> => {
  const run = Map.groupBy(trials, (trial) => cellName(conditionOfTrial(trial)));
  return new Map(
    [...trialsIn(plan), ...trials].map((trial): [string, Cell] => {
      const at = conditionOfTrial(trial);
      const name = cellName(at);
      return [name, { ...at, loadKind: trial.load.kind, trials: run.get(name) ?? [] }];
    }),
  );
};

export const failedIn = ({ trials }: Pick<Cell, "trials">): FailedTrials => ({
  failed: trials.filter((trial) => trial.outcome.kind === "failed").length,
  trials: trials.length,
});

export const failedShare = ({ failed, trials }: FailedTrials): number => (trials === 0 ? 0 : failed / trials);
