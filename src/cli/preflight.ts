/** Before anything is measured: undo what a killed run left, refuse to run beside another, name what is on the node already. */
import { TareError } from "../domain/errors.ts";
import { cleanUp, otherJournals } from "../host/effects.ts";
import type { NodeState } from "../observe/node-state.ts";
import { foreignSensors } from "../observe/node-state.ts";
import type { CliContext } from "./context.ts";

/** Undoes the effects of runs that were killed. Returns how many were found. */
export const undoLeftovers = async (context: CliContext): Promise<number> => {
  const journals = (await otherJournals(context.journalDirectory)).filter(
    (journal) => journal.owner === undefined,
  );
  for (const journal of journals) {
    const { undone, problems } = await cleanUp(context.journalDirectory, journal);
    context.screen.info(
      `undid what run ${journal.name} left when it was killed: ${undone.join(", ") || "nothing was left"}`,
    );
    for (const problem of problems) context.screen.warn(`could not undo: ${problem}`);
    if (problems.length > 0) {
      throw new TareError(
        "host-unfit",
        `run ${journal.name} left what could not be undone`,
        "see the warnings above, then `tare clean`",
      );
    }
  }
  return journals.length;
};

/** Two runs on one node measure each other. */
export const refuseSecondRun = async (context: CliContext): Promise<void> => {
  const running = (await otherJournals(context.journalDirectory)).find(
    (journal) => journal.owner !== undefined,
  );
  if (running?.owner !== undefined) {
    throw new TareError(
      "host-unfit",
      `another tare (pid ${running.owner}) is measuring on this node`,
      "wait until it has ended: two runs at once would measure each other",
    );
  }
};

export const refuseForeignSensors = (state: NodeState, allowed: boolean): readonly string[] => {
  const foreign = foreignSensors(state);
  if (foreign.length === 0 || allowed) return foreign;
  throw new TareError(
    "host-unfit",
    `this node is being traced already, so there is no baseline without a sensor:\n  ${foreign.join("\n  ")}`,
    "stop these, or measure on top of them with --allow-foreign (every figure then is a cost in addition to theirs)",
  );
};
