/** A clock that is moved by hand: what waits on it waits for nothing else. */
import type { Clock } from "../../../src/k8s/conductor/clock.ts";

export interface VirtualTime extends Clock {
  /** Later, and in the order of time. */
  after(ms: number, what: () => void): void;
  /** Until `isDone`, or until so much time is over; false for the latter. */
  run(isDone: () => boolean, atMostMs: number): Promise<boolean>;
}

const START = Date.UTC(2026, 0, 1);

/** Whatever can go on without time passing has done so. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

export const virtualTime = (): VirtualTime => {
  let nowMs = 0;
  let count = 0;
  const waiting: { readonly atMs: number; readonly order: number; readonly what: () => void }[] = [];
  const after = (ms: number, what: () => void): void => {
    count += 1;
    const entry = { atMs: nowMs + ms, order: count, what };
    const index = waiting.findLastIndex(({ atMs }) => atMs <= entry.atMs);
    waiting.splice(index + 1, 0, entry);
  };

  return {
    now: () => new Date(START + nowMs),
    elapsedMs: () => nowMs,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        after(ms, resolve);
        signal?.addEventListener("abort", () => {
          resolve();
        });
      }),
    run: async (isDone, atMostMs) => {
      const endMs = nowMs + atMostMs;
      for (;;) {
        await settled();
        if (isDone()) return true;
        const next = waiting[0];
        if (next === undefined || next.atMs > endMs) {
          nowMs = endMs;
          return false;
        }
        nowMs = next.atMs;
        while (waiting[0] !== undefined && waiting[0].atMs <= nowMs) waiting.shift()?.what();
      }
    },
  };
};
