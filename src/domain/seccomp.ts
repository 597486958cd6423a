/** Whether a filter looks at every system call of this process and of those that it starts: proc_pid_status(5). */
import type { Host } from "./host.ts";
import { missing, type Reading, value } from "./units.ts";

const MODES: Readonly<Record<string, string>> = { 0: "off", 1: "strict", 2: "filter" };

export const readSeccomp = async (host: Pick<Host, "readText">): Promise<Reading<string>> => {
  const status = await host.readText("/proc/self/status");
  if (status.kind === "missing") return status;
  const mode = MODES[/^Seccomp:\s*(\d+)$/m.exec(status.value)?.[1] ?? ""];
  return mode === undefined ? missing("/proc/self/status names no Seccomp mode") : value(mode);
};
