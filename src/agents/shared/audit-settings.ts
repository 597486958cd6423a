/** The kernel's audit settings: set for a turn, and put back to what was there before. */
import type { AgentContext } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { readAuditStatus } from "./audit.ts";

export interface AuditQueue {
  readonly backlogLimit: number;
  /** Ticks of the kernel's clock that a system call waits for room in it; 0: the record is dropped. */
  readonly backlogWaitTime: number;
}

/** printk. 2 would be a kernel panic. */
export const ON_FAILURE = 1;

/**
 * Enabled is set to its present value: audit's owner raises it, and only the undo is wanted.
 *
 * @throws TareError `run-failed` when a setting cannot be read, so that it could not be put back
 */
export const setAudit = async (host: Host, context: AgentContext, queue: AuditQueue): Promise<void> => {
  const status = await readAuditStatus(host);
  const settings: readonly (readonly [name: string, option: string, to?: number])[] = [
    ["enabled", "-e"],
    ["failure", "-f", ON_FAILURE],
    ["rate_limit", "-r", 0],
    ["backlog_limit", "-b", queue.backlogLimit],
    ["backlog_wait_time", "--backlog_wait_time", queue.backlogWaitTime],
  ];
  for (const [name, option, to] of settings) {
    const before = status.kind === "value" ? status.value.get(name) : undefined;
    if (before === undefined) {
      const why = status.kind === "missing" ? status.reason : `auditctl -s does not tell ${name}`;
      throw new TareError("run-failed", why, "run auditctl -s and see what it says");
    }
    await context.effects.perform({
      kind: "command",
      title: `audit ${name} set to ${to ?? before}`,
      do: ["auditctl", option, String(to ?? before)],
      undo: [["auditctl", option, String(before)]],
    });
  }
};
