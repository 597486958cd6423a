/** The kernel's audit settings: set for a turn, and put back to what was there before. */
import type { AgentContext } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { type AuditStatus, readAuditStatus } from "./audit.ts";

/** Options of auditctl by the name that `auditctl -s` gives the setting. */
const OPTIONS = {
  enabled: "-e",
  failure: "-f",
  rate_limit: "-r",
  backlog_limit: "-b",
  backlog_wait_time: "--backlog_wait_time",
} as const;
type Setting = keyof typeof OPTIONS;

export interface AuditQueue {
  /** Records that the kernel holds for the daemon. */
  readonly backlogLimit: number;
  /** Ticks of the kernel's clock that a system call waits for room in it; 0: the record is dropped. */
  readonly backlogWaitTime: number;
}

/** printk. 2 would be a kernel panic. */
export const ON_FAILURE = 1;

const before = (status: AuditStatus, setting: Setting): number => {
  const found = status.get(setting);
  if (found !== undefined) return found;
  throw new TareError(
    "run-failed",
    `auditctl -s does not tell ${setting}, so it could not be set back`,
    "run auditctl -s and see what it says",
  );
};

const set = async (
  context: AgentContext,
  status: AuditStatus,
  setting: Setting,
  to: number,
): Promise<void> => {
  await context.effects.perform({
    kind: "command",
    title: `audit ${setting} set to ${to}`,
    do: ["auditctl", OPTIONS[setting], String(to)],
    undo: [["auditctl", OPTIONS[setting], String(before(status, setting))]],
  });
};

/**
 * Enabled is set to its present value: audit's owner raises it, and only the undo is wanted.
 *
 * @throws TareError `run-failed` when the settings cannot be read, so that they could not be put back.
 */
export const setAudit = async (host: Host, context: AgentContext, queue: AuditQueue): Promise<void> => {
  const status = await readAuditStatus(host);
  if (status.kind === "missing") {
    throw new TareError("run-failed", status.reason, "run auditctl -s and see what it says");
  }
  await set(context, status.value, "enabled", before(status.value, "enabled"));
  await set(context, status.value, "failure", ON_FAILURE);
  await set(context, status.value, "rate_limit", 0);
  await set(context, status.value, "backlog_limit", queue.backlogLimit);
  await set(context, status.value, "backlog_wait_time", queue.backlogWaitTime);
};
