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

export const drain = async (
  host: Host,
  follower: Follower,
  operations: number,
  signal: AbortSignal,
  quietMs = QUIET_MS,
): Promise<Drained> => {
  const start = host.now();
  let lastSighting = start;
  let sightings = 0;
  const waited = await host.until(
    async (past) => {
      await follower.advance();
      const { delivered, duplicates } = follower.counts();
      if (delivered + duplicates > sightings) {
        sightings = delivered + duplicates;
        lastSighting = host.now();
      }
      if (delivered >= operations) return host.now() - start;
      return past(lastSighting, quietMs) ? lastSighting - start : undefined;
    },
    // All may come with the last moment of a schedule, and is then waited for as long again.
    { every: POLL_MS, atMost: MAX_MS + 2 * quietMs, signal },
  );
  return waited.kind === "met"
    ? { drainMs: waited.value, drained: true }
    : { drainMs: host.now() - start, drained: false };
};
