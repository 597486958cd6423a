/**
 * A watch that is kept:
 *
 *     list -> watch from its version -> changes; ended by the server: from the last version on; too old: list again
 *
 * It only tells that something has changed. Whoever is told looks for himself, and after a while in any case, so nothing
 * depends on a change that is not told, told twice or told late.
 */
import {
  type Changed,
  type Cluster,
  ClusterError,
  isClusterError,
  pauseAfter,
  type WatchQuery,
} from "../cluster.ts";
import type { Clock } from "../conductor/clock.ts";
import { silence } from "./silence.ts";

export interface Watching {
  readonly cluster: Pick<Cluster, "versionOf" | "watch">;
  readonly clock: Clock;
  /** Undefined: there is nothing yet that could be watched. Asked before each list. */
  readonly query: () => Promise<WatchQuery | undefined>;
  /** Undefined: anything may have changed. */
  readonly onChange: (changed: Changed | undefined) => void;
  /** Called once: why it is not to be had, though the cluster answers. */
  readonly onDenied: (why: string) => void;
  readonly signal: AbortSignal;
  /** From 0 to 1: conductors that lost the same server do not come back to it at once. */
  readonly random?: () => number;
}

export interface KeptWatch {
  /** Changes are told at this moment, as far as is known. */
  isLive(): boolean;
  /** Settles after `signal` is aborted; rejects with a fault of ours alone. */
  readonly done: Promise<void>;
}

/**
 * Servers send a bookmark about once a minute, whatever happens; where they do not, this is how often it is opened
 * again.
 */
const SILENCE_MS = 75_000;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
/** What is denied may be allowed later. */
const DENIED_PAUSE_MS = 60_000;

export const keepWatching = (watching: Watching): KeptWatch => {
  const { cluster, clock, query, onChange, onDenied, signal, random = Math.random } = watching;
  let isLive = false;
  let version: string | undefined;
  let watched: WatchQuery | undefined;
  let failures = 0;
  let isDeniedTold = false;

  const lost = (): void => {
    if (!isLive) return;
    isLive = false;
    // Who relied on being told looks more often now.
    onChange(undefined);
  };

  /** Until the server ends it, or nothing has come for too long. */
  const watchFrom = async (what: WatchQuery, since: string): Promise<void> => {
    const quiet = silence(clock, SILENCE_MS, signal);
    let isOpen = false;
    try {
      for await (const told of cluster.watch(what, since, quiet.signal)) {
        quiet.heard();
        isOpen = true;
        isLive = true;
        if (told.what === "open") continue;
        failures = 0;
        ({ version } = told);
        if (told.what === "change") onChange(told.changed);
      }
    } finally {
      await quiet.end();
    }
    if (!isOpen && !signal.aborted) throw new ClusterError("unreachable", "a watch was not answered");
  };

  const watchOnce = async (): Promise<void> => {
    if (version === undefined || watched === undefined) {
      watched = await query();
      if (watched === undefined) return;
      version = await cluster.versionOf(watched);
      // What was before this version is told by nobody.
      onChange(undefined);
    }
    const since = version;
    const beganMs = clock.elapsedMs();
    await watchFrom(watched, since);
    if (clock.elapsedMs() - beganMs >= MAX_PAUSE_MS) failures = 0;
  };

  /** How long to wait before the next try. */
  const pauseFor = (error: unknown): number => {
    failures += 1;
    const backoffMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
    if (error === undefined) return random() * backoffMs;
    if (!(error instanceof ClusterError)) throw error;
    lost();
    if (isClusterError(error, "gone")) version = undefined;
    const isDenied = isClusterError(error, "forbidden", "refused", "not-found");
    if (isDenied && !isDeniedTold) {
      isDeniedTold = true;
      onDenied(error.message);
    }
    return pauseAfter(error, isDenied ? DENIED_PAUSE_MS : 0) + random() * backoffMs;
  };

  const keep = async (): Promise<void> => {
    while (!signal.aborted) {
      let error: unknown;
      try {
        await watchOnce();
      } catch (thrown) {
        error = thrown;
      }
      if (signal.aborted) return;
      await clock.sleep(pauseFor(error), signal);
    }
  };

  return { isLive: () => isLive, done: keep() };
};
