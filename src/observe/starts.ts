/** How many processes were started on the node: what a storm of process starts came to, whatever was asked of it. */
import type { BoundarySnapshot } from "../domain/driver.ts";
import { type Reading, value } from "../domain/units.ts";
import { PROC_STAT } from "./node-clock.ts";
import { increase } from "./snapshots.ts";

/** Since boot; threads are counted as well. */
const parseStarts = (text: string): number | undefined => {
  const starts = /^processes (\d{1,15})$/m.exec(text)?.[1];
  return starts === undefined ? undefined : Number(starts);
};

/** A second, over the window. */
export const startsPerSecond = (
  snapshots: readonly BoundarySnapshot[],
  windowNs: number,
): Reading<number> => {
  const starts = increase(snapshots, PROC_STAT, parseStarts);
  return starts.kind === "missing" ? starts : value((starts.value * 1e9) / windowNs);
};
