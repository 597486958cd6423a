/**
 * Watches a workload whose events nobody takes, and says when its readers have to be continued.
 *
 * It counts on timers alone: where an agent makes system calls wait, a look at the workload may have to wait too, and then the answer
 * is that nothing got on.
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
  driverPid: number,
  window: Promise<unknown>,
  signal: AbortSignal,
): Promise<Continued> => {
  const start = host.now();
  let over = false;
  const end = (): void => {
    over = true;
  };
  window.then(end, end);
  let looking = false;
  let ran: string | undefined;
  let lastProgress = start;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    // Its time on a CPU so far.
    const now = known(await host.readText(`/proc/${driverPid}/schedstat`))?.split(" ")[0];
    looking = false;
    if (now !== ran) lastProgress = host.now();
    ran = now;
  };
  for (;;) {
    void look();
    await host.sleep(POLL_MS, signal);
    if (over) return "window-over";
    const now = host.now();
    if (now - lastProgress >= STILL_MS * host.timeoutScale) return "no-progress";
    if (now - start >= MAX_MS * host.timeoutScale) return "time-limit";
  }
};
