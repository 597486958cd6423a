/** Waits after the window until the agent has written what it saw: events still under way are late, not lost. */
import type { Host } from "../domain/host.ts";
import type { Follower } from "./follow.ts";

const POLL_MS = 25;
/** An agent that has written nothing for this long has nothing more to say: longer than any flush interval met. */
const QUIET_MS = 800;
const LONGEST_MS = 20_000;

export interface Drained {
  readonly drainMs: number;
  /** False when the output still grew when the harness stopped waiting. */
  readonly drained: boolean;
}

export const drain = async (
  host: Host,
  follower: Follower,
  operations: number,
  signal: AbortSignal,
): Promise<Drained> => {
  const start = host.now();
  let lastGrowth = start;
  for (;;) {
    if (await follower.advance()) lastGrowth = host.now();
    if (follower.counts().delivered >= operations) return { drainMs: host.now() - start, drained: true };
    if (host.now() - lastGrowth >= QUIET_MS) return { drainMs: lastGrowth - start, drained: true };
    if (host.now() - start >= LONGEST_MS) return { drainMs: host.now() - start, drained: false };
    await host.sleep(POLL_MS, signal);
  }
};
