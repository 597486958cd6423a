/** What the system refused while a release was put into its place. */
import { messageOf, TareError } from "../domain/errors.ts";
import { refusedHint } from "../domain/refused.ts";

/** `what`: what could not be done. */
export const refusedBySystem = (what: string, error: unknown): TareError =>
  new TareError(
    "host-unfit",
    `${what}: ${messageOf(error)}`,
    refusedHint(error, "name another folder with TARE_AGENTS_FOLDER"),
    { cause: error },
  );
