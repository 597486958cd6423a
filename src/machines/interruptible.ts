/** SIGINT, SIGTERM and SIGHUP end the work in order instead of ending the process. */
import type { TareError } from "../domain/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Does the work with an abort signal that the first of these aborts with the given reason; later ones change nothing. */
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
