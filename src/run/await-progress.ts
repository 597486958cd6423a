/**
 * Watches a workload whose events are not being read, and says when the readers have to be continued.
 *
 * It relies on timers alone. Where an agent blocks system calls, a look at the workload may block as well; that counts as no progress.
 */
import type { Host } from "../domain/host.ts";
import type { BackpressureOutcome } from "../domain/record.ts";
import { known } from "../domain/units.ts";

export type Continued = Extract<BackpressureOutcome, { readonly kind: "measured" }>["continued"];

const POLL_MS = 20;
/** A workload that did not run for this long stands still. */
export const STILL_MS = 2000;
/** Readers are stopped no longer than this in all. */
const MAX_MS = 10_000;

/** Resolves when the window is over or must not wait any longer; rejects with the signal's reason. */
export const awaitProgress = async (
  host: Host,
  workers: readonly number[],
  window: Promise<unknown>,
  signal: AbortSignal,
): Promise<Continued> => {
  let over = false;
  const end = (): void => {
    over = true;
  };
  window.then(end, end);
  let looking = false;
  let ran: string | undefined;
  let lastProgress = host.now();
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    // Their time on a CPU so far.
    const times: (string | undefined)[] = [];
    for (const pid of workers)
      times.push(known(await host.readText(`/proc/${pid}/schedstat`))?.split(" ")[0]);
    const now = times.join(" ");
    looking = false;
    if (now !== ran) lastProgress = host.now();
    ran = now;
  };
  const waited = await host.until(
    (past) => {
      void look();
      if (over) return "window-over" as const;
      return past(lastProgress, STILL_MS) ? ("no-progress" as const) : undefined;
    },
    { every: POLL_MS, atMost: MAX_MS, signal },
  );
  return waited.kind === "met" ? waited.value : "time-limit";
};
