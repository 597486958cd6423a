/** Waits for what others do in their own time. A test fails only when it does not happen at all. */
import { setTimeout as sleep } from "node:timers/promises";

/** Longer than anything takes here: after an outage the scheduler and the node controller wait for minutes. */
const MAX_WAIT_SECONDS = 240;
const POLL_MS = 100;

/** Tries until it does not throw, and fails with what was thrown last. */
export const eventually = async <T>(
  what: string,
  attempt: () => Promise<T>,
  maxSeconds = MAX_WAIT_SECONDS,
): Promise<T> => {
  const start = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      if (performance.now() - start > maxSeconds * 1000) {
        const last = error instanceof Error ? error.message : String(error);
        throw new Error(`waited ${maxSeconds} s for ${what}: ${last}`, { cause: error });
      }
      await sleep(POLL_MS);
    }
  }
};

/** No further attempt can help. */
export class Hopeless extends Error {}

/** As long as this holds, for so many seconds. Throws as soon as it does not. */
export const throughout = async (seconds: number, attempt: () => Promise<void>): Promise<void> => {
  const start = performance.now();
  do {
    await attempt();
    await sleep(POLL_MS);
  } while (performance.now() - start < seconds * 1000);
};
