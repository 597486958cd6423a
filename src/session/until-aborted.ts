/** A node whose commands end with a signal: for those that only ask, which an interruption need not wait for. */
import type { Host } from "../domain/host.ts";

export const untilAborted = (host: Host, signal: AbortSignal): Host => {
  const run: Host["run"] = (command, args, options) => host.run(command, args, { ...options, signal });
  return new Proxy(host, {
    get: (_, name) => {
      if (name === "run") return run;
      const part: unknown = Reflect.get(host, name);
      return typeof part === "function" ? part.bind(host) : part;
    },
  });
};
