/**
 * SIGINT, SIGTERM and SIGHUP end the work in order instead of ending the process, so that everything it did is undone. An error that nothing
 * waits for does the same: Node would end the process.
 */
import type { TareError } from "../domain/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** npm hands a Ctrl-C on that the terminal has sent to everybody already, and a terminal that is closed may say so twice. */
const SAME_PRESS_MS = 1000;

/** `times`: 1 for the first signal, more for each Ctrl-C after it. An error is thrown at once, whatever the work still does. */
export type OnSignal = (times: number) => TareError | undefined;

/**
 * Does the work with a signal that the first of these aborts.
 *
 * @param reasonFor What the user reads once the work is aborted, no matter what it fails with
 */
export const interruptible = async <T>(
  reasonFor: (signal: string) => TareError,
  work: (signal: AbortSignal) => Promise<T>,
  onSignal: OnSignal = () => undefined,
): Promise<T> => {
  const interruption = new AbortController();
  const left = Promise.withResolvers<never>();
  let leaving: TareError | undefined;
  let times = 0;
  let last = 0;
  const interrupt = (signal: string): void => {
    const now = performance.now();
    if (times > 0 && (signal !== "SIGINT" || now - last < SAME_PRESS_MS)) return;
    last = now;
    times += 1;
    if (times === 1) interruption.abort(reasonFor(signal));
    leaving ??= onSignal(times);
    if (leaving !== undefined) left.reject(leaving);
  };
  let crash: { readonly error: unknown } | undefined;
  const onCrash = (error: unknown): void => {
    crash ??= { error };
    interruption.abort(error);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  process.on("uncaughtException", onCrash);
  try {
    const done = await Promise.race([work(interruption.signal), left.promise]);
    if (crash === undefined) return done;
    throw crash.error;
  } catch (error) {
    if (leaving !== undefined) throw leaving;
    interruption.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    process.off("uncaughtException", onCrash);
  }
};
