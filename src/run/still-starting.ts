/** Whether an agent that has shown nothing may still be on its way: it compiles, or the kernel looks through its programs. */
import type { Host } from "../domain/host.ts";
import { known, type Reading } from "../domain/units.ts";

/** Long enough for a share of a CPU to say something. */
const WINDOW_MS = 1000;
/** What a few sentinels a second cost an agent is less. */
const BUSY_SHARE = 0.25;
const NS_PER_MS = 1e6;

/** Asked again and again. Where its CPU time is not known: no. */
export const createStillStarting = (
  host: Host,
  cpuNs: (() => Promise<Reading<number>>) | undefined,
): (() => Promise<boolean>) => {
  let since: { readonly ms: number; readonly ns: number } | undefined;
  let isBusy = true;
  return async () => {
    const ms = host.now();
    if (since !== undefined && ms - since.ms < WINDOW_MS) return isBusy;
    const ns = cpuNs === undefined ? undefined : known(await cpuNs());
    if (ns === undefined) return false;
    if (since !== undefined) isBusy = (ns - since.ns) / ((ms - since.ms) * NS_PER_MS) > BUSY_SHARE;
    since = { ms, ns };
    return isBusy;
  };
};
