/** What the verdicts mean for a script that waits for the exit code. */
import { EXIT } from "../domain/errors.ts";
import type { Summary } from "../domain/verdict.ts";

/** Only a budget that the user declared can fail a run; without one the verdicts are information. */
export const exitCodeOf = (summary: Summary, budgetDeclared: boolean): number => {
  if (summary.run.trials.measured === 0) return EXIT.runFailed;
  if (!budgetDeclared) return EXIT.withinBudget;
  const kinds = new Set(summary.verdicts.map((verdict) => verdict.kind));
  if (kinds.has("over")) return EXIT.overBudget;
  return kinds.has("inconclusive") || kinds.has("invalid") ? EXIT.inconclusive : EXIT.withinBudget;
};
