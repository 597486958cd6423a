/**
 * Keeps an agent from filling the disk. What it wrote is cut off at a bound, or earlier where the disk has little room left. The events in what
 * was cut are lost by the harness and not by the agent, so that its loss in that trial cannot be known.
 *
 * Only what lies in the turn's own folder is cut. An agent of the node's owner writes elsewhere, and its files are not ours.
 */
import { MAX_LOG_BYTES, MIN_FREE_IN_TURN_BYTES } from "../domain/bounds.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { StageFailure } from "./context.ts";

/** A look asks for the sizes of a few files and opens none, so that no agent has anything to report of it. */
const LOOK_MS = 500;

export interface LogBound {
  /** From now on, what was cut before does not count. */
  forget(): void;
  /** Why something was cut; undefined: nothing was. */
  cut(): string | undefined;
  /** Looks now, and next after half a second, so that no look falls into a window shorter than that: it would be work of the harness in it. */
  lookBefore(): Promise<void>;
  /** Aborted with a StageFailure when there is no room although everything was cut. */
  readonly full: AbortSignal;
  close(): Promise<void>;
}

const inMiB = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** Holds from now until it is closed. `leastFree`: bytes, below which it cuts as well. */
export const boundLogs = (
  host: Pick<Host, "fileSize" | "freeBytes" | "cutFile" | "every">,
  folder: string,
  files: readonly string[],
  leastFree = MIN_FREE_IN_TURN_BYTES,
): LogBound => {
  const own = [...new Set(files)].filter((path) => path.startsWith(`${folder}/`));
  const full = new AbortController();
  let reason: string | undefined;
  const look = async (): Promise<void> => {
    let bytes = 0;
    for (const path of own) bytes += known(await host.fileSize(path)) ?? 0;
    const free = known(await host.freeBytes(folder));
    const isShort = free !== undefined && free < leastFree;
    if (bytes <= MAX_LOG_BYTES && !isShort) return;
    for (const path of own) await host.cutFile(path);
    const left = known(await host.freeBytes(folder));
    if (left !== undefined && left < leastFree) {
      full.abort(
        new StageFailure("disk", `${folder} has ${inMiB(left)} left, and nothing more can be cut off`),
      );
    }
    if (bytes === 0) return;
    reason ??= `tare cut off what it had written, ${inMiB(bytes)}, ${
      bytes > MAX_LOG_BYTES
        ? `at its bound of ${inMiB(MAX_LOG_BYTES)}`
        : `because the disk had ${inMiB(free ?? 0)} left`
    }: the events in it are lost by tare`;
  };
  let close = host.every(LOOK_MS, look);
  return {
    forget: () => {
      reason = undefined;
    },
    cut: () => reason,
    lookBefore: async () => {
      await close();
      await look();
      close = host.every(LOOK_MS, look);
    },
    full: full.signal,
    close: () => close(),
  };
};
