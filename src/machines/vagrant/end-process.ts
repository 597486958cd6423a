/** Ends a program that was started here, as Ctrl-C does, with everything that it started. */
import type { Host, HostProcess } from "../../domain/host.ts";

/** The first interruption lets Vagrant clean up after itself, the second does not. */
const SIGNALS = [
  ["SIGINT", 20_000],
  ["SIGINT", 10_000],
  ["SIGTERM", 5000],
  ["SIGKILL", 5000],
] as const;
const POLL_MS = 250;

export const endProcess = async (host: Host, process: HostProcess): Promise<void> => {
  for (const [signal, graceMs] of SIGNALS) {
    if (process.exit() !== undefined) return;
    host.signal(-process.pid, signal);
    await host.until(() => process.exit(), { every: POLL_MS, atMost: graceMs });
  }
};
