/** SIGINT, SIGTERM and SIGHUP end the work in order instead of ending the process, so that everything it did is undone. */
import type { TareError } from "../domain/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does the work with a signal that the first of these aborts; later ones change nothing.
 *
 * @param reasonFor What the user reads once the work is aborted, no matter what it fails with
 */
export const interruptible = async <T>(
  reasonFor: (signal: string) => TareError,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const interruption = new AbortController();
  const interrupt = (signal: string): void => {
    if (!interruption.signal.aborted) interruption.abort(reasonFor(signal));
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    interruption.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
};
