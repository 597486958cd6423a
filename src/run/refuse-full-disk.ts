/** A run that goes on without room loses what it measures; one that stops before can be resumed. */
import { MIN_FREE_BYTES } from "../domain/bounds.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";

/** @throws TareError `record-failed` naming the first folder whose disk has less room than a turn needs */
export const refuseFullDisk = async (
  host: Pick<Host, "freeBytes">,
  folders: readonly string[],
): Promise<void> => {
  for (const folder of folders) {
    const free = known(await host.freeBytes(folder));
    if (free === undefined || free >= MIN_FREE_BYTES) continue;
    throw new TareError(
      "record-failed",
      `${folder} has ${Math.floor(free / 2 ** 20)} MiB free, and a turn needs ${MIN_FREE_BYTES / 2 ** 20}`,
      "free some space; what was measured so far is kept, and `tare run --resume FOLDER` goes on",
    );
  }
};
