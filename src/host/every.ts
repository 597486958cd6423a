/** Work beside the run, by a timer that keeps no process alive. */
import type { Host } from "../domain/host.ts";

export const every: Host["every"] = (ms, work) => {
  let going: Promise<void> | undefined;
  const timer = setInterval(() => {
    // What fails is tried again at the next turn of the clock.
    going ??= work()
      .catch(() => undefined)
      .finally(() => {
        going = undefined;
      });
  }, ms);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await going;
  };
};
