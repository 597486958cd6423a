/** Cell: one agent (or the baseline) under one scenario, load and placement, with what became of its trials. */
import type { CpuPlacement, Plan } from "../domain/plan.ts";
import { loadName } from "../domain/scenario.ts";
import type { Load } from "../domain/scenario.ts";
import type { TrialLine } from "../domain/record.ts";

export interface Cell {
  readonly agent: string;
  readonly scenario: string;
  readonly load: string;
  readonly loadKind: Load["kind"];
  readonly placement: CpuPlacement;
  readonly trials: readonly TrialLine[];
}

export const cellName = (cell: Pick<Cell, "agent" | "scenario" | "load" | "placement">): string =>
  JSON.stringify([cell.agent, cell.scenario, cell.load, cell.placement]);

/** Every cell that was planned or run; one that was never reached has no trials. */
export const cellsOf = (plan: Plan, trials: readonly TrialLine[]): ReadonlyMap<string, Cell> => {
  const cells = new Map<string, Cell & { readonly trials: TrialLine[] }>();
  const cellFor = (
    agent: string,
    trial: Pick<TrialLine, "scenario" | "load" | "placement">,
  ): { readonly trials: TrialLine[] } => {
    const { scenario, load, placement } = trial;
    const place = { agent, scenario, load: loadName(load), placement };
    const name = cellName(place);
    const cell = cells.get(name) ?? { ...place, loadKind: load.kind, trials: [] };
    cells.set(name, cell);
    return cell;
  };
  for (const { turns } of plan.blocks) {
    for (const turn of turns) for (const trial of turn.trials) cellFor(turn.agent, trial);
  }
  for (const trial of trials) cellFor(trial.agent, trial).trials.push(trial);
  return cells;
};

export const failedIn = (cell: Pick<Cell, "trials">): number =>
  cell.trials.filter((trial) => trial.outcome.kind === "failed").length;

/** Share of a cell's trials that failed; 0 for a cell without trials, which has lost none. */
export const failedShare = (cell: Pick<Cell, "trials">): number =>
  cell.trials.length === 0 ? 0 : failedIn(cell) / cell.trials.length;
