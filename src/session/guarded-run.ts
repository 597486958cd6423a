/**
 * What a new and a resumed run have around them: the leftovers of earlier ones are undone first, no second run goes on beside it, tracefs and
 * the owner's agents are put back, and whatever ends it, the user reads what was kept and what to type next.
 */
import { TareError } from "../domain/errors.ts";
import { withAttached } from "./attached.ts";
import { type OnSignal, interruptible } from "./interruptible.ts";
import { refuseSecondRun, undoLeftovers } from "./preflight.ts";
import type { KnownAgents } from "./prepare-run.ts";
import type { Session } from "./session.ts";
import { withTracefs } from "./tracefs.ts";
import { untilAborted } from "./until-aborted.ts";

export interface Place {
  readonly folder: string;
  /** Whether there is a record in the folder that could be resumed. */
  isBegun: boolean;
}

/**
 * @param prepare Asks the node, and changes nothing; an interruption does not wait for its commands
 * @param measured Does the run
 */
export const guardedRun = async <P extends { readonly agents: KnownAgents }, T>(
  session: Session,
  place: Place,
  prepare: (session: Session) => Promise<P>,
  measured: (prepared: P, signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  await tellingKept(
    session,
    place,
    interruptible(
      interruptedRun(session, place),
      async (signal) => {
        // Before probing: what a killed run left, a rule for instance, would make its agent look unavailable.
        await undoLeftovers(session);
        await refuseSecondRun(session);
        signal.throwIfAborted();
        return await withTracefs(session, async () => {
          const prepared = await prepare({ ...session, host: untilAborted(session.host, signal) });
          signal.throwIfAborted();
          return await withAttached(session, prepared.agents.attached, signal, () =>
            measured(prepared, signal),
          );
        });
      },
      hurried(session),
    ),
  );

/** What the user reads when a run was interrupted. */
const interruptedRun =
  ({ tell }: Session, place: Place) =>
  (signal: string): TareError => {
    tell({ kind: "interrupted", signal });
    return place.isBegun
      ? new TareError(
          "interrupted",
          `interrupted by ${signal}; everything measured so far is in the record`,
          `resume with \`tare run --resume ${place.folder}\``,
        )
      : new TareError("interrupted", `interrupted by ${signal} before anything was measured`, "start again");
  };

/** The first signal stops what runs in order, the next Ctrl-C kills it, the third leaves everything as it is. */
const hurried =
  ({ host, tell }: Session): OnSignal =>
  (times) => {
    if (times === 1) return undefined;
    if (times > 2)
      return new TareError(
        "interrupted",
        "interrupted before everything was undone",
        "`tare clean` undoes the rest, as does every `tare run` before it starts",
      );
    tell({ kind: "hurried" });
    host.effects.hurry();
    return undefined;
  };

/** What the user reads when the run's folder was removed under the run. */
export const removed =
  ({ tell }: Pick<Session, "tell">, folder: string) =>
  (): void => {
    tell({ kind: "removed", folder });
  };

/** The record as far as it goes is kept whatever stops a run; some errors do not say so themselves. */
const tellingKept = async <T>(
  { tell }: Pick<Session, "tell">,
  place: Place,
  measuring: Promise<T>,
): Promise<T> => {
  try {
    return await measuring;
  } catch (error) {
    const isSaid =
      error instanceof TareError && (error.kind === "interrupted" || error.kind === "record-failed");
    if (place.isBegun && !isSaid) tell({ kind: "kept", folder: place.folder });
    throw error;
  }
};
