import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../k8s/conductor/clock.ts";

export const systemClock: Clock = {
  now: () => new Date(),
  // Stands still while a laptop sleeps.
  elapsedMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
};
