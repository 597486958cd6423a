/** Ends what has been silent for too long: a connection that has died looks like one on which nothing happens. */
import type { Clock } from "../conductor/clock.ts";

export interface Silence {
  /** Aborted with `parent`, or once nothing was heard for so long. */
  readonly signal: AbortSignal;
  heard(): void;
  /** It was too long. */
  isOver(): boolean;
  /** Nothing is waited for any more. */
  end(): Promise<void>;
}

export const silence = (clock: Clock, maxMs: number, parent: AbortSignal): Silence => {
  const over = new AbortController();
  const ending = new AbortController();
  let heardMs = clock.elapsedMs();
  const leftMs = (): number => heardMs + maxMs - clock.elapsedMs();
  const wait = async (): Promise<void> => {
    while (!ending.signal.aborted && leftMs() > 0) await clock.sleep(leftMs(), ending.signal);
    if (!ending.signal.aborted) over.abort();
  };
  const waiting = wait();
  return {
    signal: AbortSignal.any([parent, over.signal]),
    heard: () => {
      heardMs = clock.elapsedMs();
    },
    isOver: () => over.signal.aborted,
    end: async () => {
      ending.abort();
      await waiting;
    },
  };
};
