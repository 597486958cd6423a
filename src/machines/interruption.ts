/** Ctrl-C and its relatives, as an abort signal for the work that they end. */
import { TareError } from "../domain/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs the work with a signal that the first interruption aborts. `onInterrupt` says what happens next. */
export const untilInterrupted = async <T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt: (name: NodeJS.Signals) => void,
): Promise<T> => {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) return;
    onInterrupt(name);
    controller.abort(new TareError("interrupted", `interrupted by ${name}`, "start the command again"));
  };
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
};
