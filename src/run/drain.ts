/** Waits after the window until the agent has written what it saw: events still in flight are late, not lost. */
import type { Host } from "../domain/host.ts";
import type { Follower } from "./follow.ts";

const POLL_MS = 8;
/**
 * No sighting of our operations for this long means drained; it is longer than any flush interval we have seen. Other output does not count:
 * some agents report the harness too.
 */
const QUIET_MS = 800;
const MAX_MS = 20_000;

export interface Drained {
  readonly drainMs: number;
  /** False when operations still came in when the harness stopped waiting. */
  readonly drained: boolean;
}

/** Operations of others that were raised after ours. Once one of them shows, ours can only be as late as those before it. */
export interface Behind {
  /** How many of others had shown before. */
  readonly foreign: number;
  /** How long none of ours may show from then on. */
  readonly quietMs: number;
}

export const drain = async (
  host: Host,
  follower: Pick<Follower, "advance" | "counts">,
  operations: number,
  signal: AbortSignal,
  quietMs = QUIET_MS,
  behind?: Behind,
): Promise<Drained> => {
  const start = host.now();
  let lastSighting = start;
  let sightings = 0;
  let silentSince = start;
  let limitMs = quietMs;
  const waited = await host.until(
    async (past) => {
      await follower.advance();
      const { delivered, duplicates, foreign } = follower.counts();
      if (behind !== undefined && foreign > behind.foreign && limitMs !== behind.quietMs) {
        limitMs = behind.quietMs;
        silentSince = host.now();
      }
      if (delivered + duplicates > sightings) {
        sightings = delivered + duplicates;
        lastSighting = host.now();
        silentSince = lastSighting;
      }
      if (delivered >= operations) return host.now() - start;
      return past(silentSince, limitMs) ? lastSighting - start : undefined;
    },
    // All may come with the last moment of a schedule, and is then waited for as long again.
    { every: POLL_MS, atMost: MAX_MS + 2 * quietMs, signal },
  );
  return waited.kind === "met"
    ? { drainMs: waited.value, drained: true }
    : { drainMs: host.now() - start, drained: false };
};
