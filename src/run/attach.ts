/** Hands processes to a tracer that attaches to processes. */
import type { RunningAgent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import { StageFailure } from "./context.ts";

/** @throws StageFailure `attach` when they cannot be traced; the trial fails and the run goes on */
export const attachTo = async (pids: readonly number[], running: RunningAgent): Promise<void> => {
  try {
    await running.attach?.(pids);
  } catch (error) {
    if (!(error instanceof TareError) || error.kind !== "run-failed") throw error;
    throw new StageFailure("attach", error.message, [error.hint]);
  }
};
