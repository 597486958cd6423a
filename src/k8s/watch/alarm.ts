/** Sleep that a change ends. */
import type { Clock } from "../conductor/clock.ts";

export interface Alarm<Cause extends string> {
  ring(cause: Cause): void;
  /** Until it rings for one of `causes`, or the time is over. Returns for what it has rung since the last time. */
  sleep(ms: number, causes: readonly Cause[], signal?: AbortSignal): Promise<ReadonlySet<Cause>>;
}

/** Changes come in bursts: one look for all of them. */
const SETTLING_MS = 100;

export const createAlarm = <Cause extends string>(clock: Clock): Alarm<Cause> => {
  let rung = new Set<Cause>();
  let onRing: (() => void) | undefined;
  return {
    ring: (cause) => {
      rung.add(cause);
      onRing?.();
    },
    sleep: async (ms, causes, signal) => {
      const isDue = (): boolean => causes.some((cause) => rung.has(cause));
      const waking = new AbortController();
      onRing = () => {
        if (isDue()) waking.abort();
      };
      onRing();
      await clock.sleep(ms, signal === undefined ? waking.signal : AbortSignal.any([waking.signal, signal]));
      onRing = undefined;
      if (waking.signal.aborted) await clock.sleep(Math.min(ms, SETTLING_MS), signal);
      const since = rung;
      rung = new Set();
      return since;
    },
  };
};
