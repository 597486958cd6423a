/** How a command ended, as the exit code that a script sees. Only this file and main set it. */
import { EXIT, TareError } from "../domain/errors.ts";
import type { Verdict } from "../domain/verdict.ts";

/** An action whose result becomes the exit code. */
export const exitsWith =
  <Args extends readonly unknown[]>(action: (...args: Args) => Promise<number>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await action(...args);
  };

/** What of a run's view decides it. */
export interface Judged {
  readonly run: { readonly trials: { readonly measured: number } };
  readonly verdicts: readonly Pick<Verdict, "kind">[];
}

/** Only a budget that the user declared can fail a run; without one the verdicts are information. */
export const exitCodeOfRun = (view: Judged, budgetDeclared: boolean): number => {
  if (view.run.trials.measured === 0) return EXIT.runFailed;
  if (!budgetDeclared) return EXIT.withinBudget;
  const kinds = new Set(view.verdicts.map((verdict) => verdict.kind));
  if (kinds.has("over")) return EXIT.overBudget;
  return kinds.has("inconclusive") || kinds.has("invalid") ? EXIT.inconclusive : EXIT.withinBudget;
};

/** What stopped a command before its end; anything but a TareError is a bug. */
export const exitCodeOfError = (error: unknown): number =>
  error instanceof TareError ? error.exitCode : EXIT.bug;
