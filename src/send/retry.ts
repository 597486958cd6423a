/** Trying again what may go well the next time, later each time. */
import { setTimeout as wait } from "node:timers/promises";
import { NotSent } from "./sender.ts";

export type Tried =
  | { readonly kind: "done" }
  /** It may go well later; `afterMs`: not before, as the server asks. */
  | { readonly kind: "again"; readonly why: string; readonly hint: string; readonly afterMs?: number }
  /** It will not. */
  | { readonly kind: "never"; readonly why: string; readonly hint: string };

export interface Patience {
  readonly retries: number;
  /** Milliseconds; replaced where no time is to pass. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const DEFAULT_RETRIES = 5;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;
/** A server may ask for more than anybody waits at a terminal. */
export const MAX_ASKED_WAIT_MS = 120_000;
/** Nodes of a fleet that failed together shall not come back together. */
const MAX_JITTER = 0.25;

export const patience = (retries: number): Patience => ({
  retries,
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal });
  },
});

export const waitBefore = (retry: number): number =>
  Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** retry) * (1 + MAX_JITTER * Math.random());

/** @throws NotSent */
export const withRetries = async (
  attempt: () => Promise<Tried>,
  { retries, sleep }: Patience,
  signal: AbortSignal,
): Promise<void> => {
  for (let retry = 0; ; retry++) {
    const tried = await attempt();
    switch (tried.kind) {
      case "done":
        return;
      case "never":
        throw new NotSent(tried.why, tried.hint);
      case "again": {
        const asked = tried.afterMs ?? 0;
        if (retry === retries || asked > MAX_ASKED_WAIT_MS)
          throw new NotSent(`${tried.why}${retry === 0 ? "" : `, ${retry + 1} times`}`, tried.hint);
        await sleep(Math.max(asked, waitBefore(retry)), signal);
      }
    }
  }
};
