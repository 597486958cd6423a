/** Waiting. The only place that stretches time limits for a slow machine. */
import { setTimeout as sleepTimer } from "node:timers/promises";
import type { Host } from "../domain/host.ts";
import { readTimeoutScale } from "./timeout-scale.ts";

export type Clock = Pick<Host, "now" | "sleep" | "until" | "within">;

/** `sleep` waits as long as it is told; all limits and pauses are multiplied by `scale`. */
export const createClock = ({
  now,
  sleep,
  scale,
}: Pick<Host, "now" | "sleep"> & { readonly scale: number }): Clock => {
  const scaled: Host["sleep"] = (ms, signal) => sleep(ms * scale, signal);
  const late = (atMost: number) => ({ kind: "late", seconds: (atMost * scale) / 1000 }) as const;
  return {
    now,
    sleep: scaled,
    until: async (check, { every, atMost, signal }) => {
      const start = now();
      const past = (since: number, ms: number): boolean => now() - since >= ms * scale;
      const aborted = signal === undefined ? undefined : whenAborted(signal);
      try {
        for (;;) {
          const found = await (aborted === undefined
            ? check(past)
            : Promise.race([check(past), aborted.promise]));
          if (found !== undefined) return { kind: "met", value: found };
          if (past(start, atMost)) return late(atMost);
          await scaled(every, signal);
        }
      } finally {
        aborted?.forget();
      }
    },
    within: async (work, { atMost, signal }) => {
      const done = new AbortController();
      const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
      try {
        return await Promise.race([
          work.then((value) => ({ kind: "met", value }) as const),
          scaled(atMost, stop).then(() => late(atMost)),
        ]);
      } finally {
        done.abort();
        work.catch(() => undefined); // A loser of the race must not end the process later.
      }
    },
  };
};

/** An agent that blocks may never let a look come back, and it is stopped only once that is no longer waited for. */
const whenAborted = (
  signal: AbortSignal,
): { readonly promise: Promise<never>; readonly forget: () => void } => {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const onAbort = (): void => {
    reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    promise,
    forget: () => {
      signal.removeEventListener("abort", onAbort);
    },
  };
};

export const systemClock = (): Clock =>
  createClock({
    now: () => performance.now(),
    sleep: async (ms, signal) => {
      try {
        await sleepTimer(ms, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        // Node's own error names no reason.
        signal?.throwIfAborted();
        throw error;
      }
    },
    scale: readTimeoutScale(),
  });
