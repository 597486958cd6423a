/** Waits after the window until the agent has written what it saw: events still under way are late, not lost. */
import type { Host } from "../domain/host.ts";
import type { Follower } from "./follow.ts";

const POLL_MS = 25;
/**
 * An agent that has told of no operation of ours for this long has no more of them: longer than any flush interval met. Other output
 * does not count, because some agents tell of the harness too.
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
  for (;;) {
    await follower.advance();
    const counts = follower.counts();
    const now = host.now();
    if (counts.delivered + counts.duplicates > sightings) {
      sightings = counts.delivered + counts.duplicates;
      lastSighting = now;
    }
    if (counts.delivered >= operations) return { drainMs: now - start, drained: true };
    if (now - lastSighting >= quietMs * host.timeoutScale)
      return { drainMs: lastSighting - start, drained: true };
    if (now - start >= MAX_MS * host.timeoutScale) return { drainMs: now - start, drained: false };
    await host.sleep(POLL_MS, signal);
  }
};
