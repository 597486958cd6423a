/** Cell: one agent (or the baseline) under one scenario, load and placement, with what became of its trials. */
import { type TrialCondition, keyOf } from "../domain/condition.ts";
import type { Plan } from "../domain/plan.ts";
import type { FailedTrials } from "../domain/reason.ts";
import type { TrialLine } from "../domain/record.ts";
import { type Load, loadName } from "../domain/scenario.ts";

export interface Cell extends TrialCondition {
  readonly loadKind: Load["kind"];
  readonly trials: readonly TrialLine[];
}

/** What a trial is of. */
export const conditionOfTrial = ({
  agent,
  scenario,
  load,
  placement,
}: Pick<TrialLine, "agent" | "scenario" | "load" | "placement">): TrialCondition => ({
  agent,
  scenario,
  load: loadName(load),
  placement,
});

/** Names the cell that something belongs to, of whichever operation it is. */
export const cellName = ({ agent, scenario, load, placement }: TrialCondition): string =>
  keyOf({ agent, scenario, load, placement });

/** Every cell that was planned or run, by `cellName`; one that was never reached has no trials. */
export const cellsOf = (plan: Plan, trials: readonly TrialLine[]): ReadonlyMap<string, Cell> => {
  const planned = plan.blocks.flatMap(({ turns }) =>
    turns.flatMap(({ agent, trials: ofTurn }) => ofTurn.map((trial) => ({ agent, ...trial }))),
  );
  const run = Map.groupBy(trials, (trial) => cellName(conditionOfTrial(trial)));
  return new Map(
    [...planned, ...trials].map((trial): [string, Cell] => {
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

/** 0 for a cell without trials, which has lost none. */
export const failedShare = ({ failed, trials }: FailedTrials): number => (trials === 0 ? 0 : failed / trials);
