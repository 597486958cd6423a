/** Before anything is measured: undo what a killed run left, refuse to run beside another, name what traces the node already. */
import { freeingAudit, LOCKED } from "../agents/shared/audit.ts";
import { TareError } from "../domain/errors.ts";
import { known } from "../domain/units.ts";
import { cleanUp } from "../host/effects.ts";
import { findJournals } from "../host/journal.ts";
import { foreignSensors } from "../observe/node-changes.ts";
import { type NodeState, readAudit } from "../observe/node-state.ts";
import type { Session } from "./session.ts";

type Journals = Pick<Session, "journalDirectory" | "tell">;

/**
 * Undoes the effects of runs that were killed, and frees audit of an owner that is dead, whoever that was. Returns how many such runs were
 * found.
 */
export const undoLeftovers = async (session: Journals & Pick<Session, "host">): Promise<number> => {
  const found = await undoJournals(session);
  await freeAudit(session);
  return found;
};

const undoJournals = async ({ journalDirectory, tell }: Journals): Promise<number> => {
  const journals = (await findJournals(journalDirectory)).filter(({ owner }) => owner === undefined);
  for (const journal of journals) {
    const { undone, problems } = await cleanUp(journalDirectory, journal);
    tell({ kind: "cleaned", journal: journal.name, undone, folder: journal.folder });
    for (const problem of problems) tell({ kind: "left", problem });
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

const freeAudit = async ({ host, tell }: Pick<Session, "host" | "tell">): Promise<void> => {
  const audit = known(await readAudit(host));
  if (audit?.ownerless !== true || audit.enabled === LOCKED) return;
  for (const [command = "", ...args] of freeingAudit(audit.enabled)) await host.run(command, args);
  tell({ kind: "audit-freed", pid: audit.pid });
};

/** Two runs on one node measure each other. */
export const refuseSecondRun = async ({ journalDirectory }: Journals): Promise<void> => {
  const running = (await findJournals(journalDirectory)).find(({ owner }) => owner !== undefined);
  if (running?.owner !== undefined) {
    throw new TareError(
      "host-unfit",
      `another tare (pid ${running.owner}) is measuring on this node`,
      "wait until it has ended: two runs at once would measure each other",
    );
  }
};

export const refuseForeignSensors = (
  state: NodeState,
  allowed: boolean,
  holders: Parameters<typeof foreignSensors>[1] = new Map(),
): readonly string[] => {
  const foreign = foreignSensors(state, holders);
  if (foreign.length === 0 || allowed) return foreign;
  throw new TareError(
    "host-unfit",
    `this node is being traced already, so there is no baseline without a sensor:\n  ${foreign.join("\n  ")}`,
    "stop these, or measure on top of them with --allow-foreign (every figure is then a cost in addition to theirs)",
  );
};
