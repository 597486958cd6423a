/** How a command ended, as the exit code that a script sees. Only this file and main set it. */
import type { CoverageMatrix } from "../domain/coverage-matrix.ts";
import { EXIT, TareError } from "../domain/errors.ts";
import type { AgentView } from "../domain/run-view.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { Warning } from "../domain/warning.ts";

/** An action whose result becomes the exit code. */
export const exitsWith =
  <Args extends readonly unknown[]>(action: (...args: Args) => Promise<number>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await action(...args);
  };

/** What of a run's view decides it. */
export interface Judged {
  readonly run: { readonly trials: { readonly measured: number } };
  readonly verdicts: readonly Pick<Verdict, "kind" | "reason">[];
  readonly warnings: readonly Pick<Warning, "kind">[];
  readonly agents: readonly Pick<AgentView, "role" | "measuredTrials" | "unmeasured" | "status" | "named">[];
}

const ALARMING: readonly Warning["kind"][] = ["crashed", "impossible", "record-problem"];

/** It was named, or was started, and gave nothing, whether or not a budget asks for it. */
const gaveNothing = ({
  role,
  measuredTrials,
  unmeasured,
  status,
  named,
}: Judged["agents"][number]): boolean =>
  role !== "baseline" &&
  measuredTrials === 0 &&
  ((status === "skipped" && named === true) || unmeasured.some(({ kind }) => kind === "failed"));

/** What was asked for and not measured, what crashed, what cannot be, and what the record lost: whether or not a budget was declared, such a run did not go well. */
const isAlarming = ({ verdicts, warnings, agents }: Judged): boolean =>
  agents.some(gaveNothing) ||
  warnings.some(({ kind }) => ALARMING.includes(kind)) ||
  verdicts.some(
    ({ reason }) =>
      reason.kind === "unmeasured" || (reason.kind === "none-measured" && reason.first?.kind === "failed"),
  );

/** Only a budget that the user declared can be exceeded; without one the verdicts are information. */
export const exitCodeOfRun = (view: Judged, budgetDeclared: boolean): number => {
  if (view.run.trials.measured === 0) return EXIT.runFailed;
  const kinds = new Set(view.verdicts.map((verdict) => verdict.kind));
  if (budgetDeclared && kinds.has("over")) return EXIT.overBudget;
  if (isAlarming(view)) return EXIT.inconclusive;
  if (!budgetDeclared) return EXIT.withinBudget;
  const undecided = kinds.size === 0 || kinds.has("inconclusive") || kinds.has("invalid");
  return undecided ? EXIT.inconclusive : EXIT.withinBudget;
};

/** A claim that is wrong is what the command looks for, in either direction. */
export const exitCodeOfCoverage = ({
  matrix,
  agents,
}: {
  readonly matrix?: CoverageMatrix;
  readonly agents: readonly Pick<AgentView, "id" | "named">[];
}): number => {
  if (matrix === undefined || matrix.cells.length === 0) return EXIT.runFailed;
  if (matrix.cells.some(({ holds }) => holds === false)) return EXIT.overBudget;
  const isUntried = ({ id }: Pick<AgentView, "id">): boolean => !matrix.agents.includes(id);
  const hasFailed = matrix.untried.some(({ outcome }) => outcome.kind === "failed");
  return hasFailed || agents.some((agent) => agent.named === true && isUntried(agent))
    ? EXIT.inconclusive
    : EXIT.withinBudget;
};

/** What stopped a command before its end; anything but a TareError is a bug. */
export const exitCodeOfError = (error: unknown): number =>
  error instanceof TareError ? error.exitCode : EXIT.bug;
