/** A node whose commands end with a signal: for those that only ask, which an interruption need not wait for. */
import type { Host } from "../domain/host.ts";

export const untilAborted = (host: Host, signal: AbortSignal): Host => ({
  ...host,
  run: (command, args, options) => host.run(command, args, { ...options, signal }),
});
