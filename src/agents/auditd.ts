/**
 * The Linux audit daemon with one system call rule a family: auditd(8), auditd.conf(5), auditctl(8), audit.rules(7),
 * https://github.com/linux-audit/audit-userspace.
 *
 * Two settings of the kernel's queue decide what it is like under load, so both are measured: as distributions ship it a system call waits
 * until its record fits, and with a wait time of 0 the record is dropped.
 */
import { type AgentSheet, defineVariants, type GuestContext } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { type AuditScope, BACKLOG_WAIT_TIME } from "./shared/audit-daemon.ts";
import { auditdDaemon, auditdInGuest } from "./shared/auditd.ts";
import { NO_HIGH_VALUE } from "./shared/not-in-guest.ts";

const NOTES: Readonly<Record<AuditScope, readonly string[]>> = {
  everything: ["operations through io_uring's own opcodes that the rules do not name"],
  "high-value": [
    "a shell in a container as such: the rules see who enters its namespaces",
    "programs without a name on disk that are started by a path below /proc",
    "changes of privilege by group, capability or file system user",
  ],
};

interface Variant extends Pick<AgentSheet, "id" | "title" | "optIn"> {
  readonly scope: AuditScope;
  readonly backlogWaitTime: number;
}

const auditd = ({ scope, backlogWaitTime, ...sheet }: Variant): AgentSheet => ({
  ...sheet,
  ...auditdDaemon(scope, backlogWaitTime),
  observes: scope === "everything" ? ["exec", "file", "network"] : ["high-value"],
  coverage: {
    notes: [
      "system calls of 32-bit programs: the rules name the 64-bit ABI",
      ...NOTES[scope],
      "processes that were forked while audit had never been enabled",
    ],
  },
  ...(scope === "everything"
    ? {
        inGuest: async (host: Host, context: GuestContext) =>
          await auditdInGuest(host, context, { scope, backlogWaitTime }),
      }
    : { notInGuest: NO_HIGH_VALUE }),
});

export default defineVariants({
  id: "auditd",
  variants: [
    auditd({
      id: "auditd@blocking",
      title: "Linux audit (auditd), as shipped: system calls wait",
      scope: "everything",
      backlogWaitTime: BACKLOG_WAIT_TIME,
    }),
    auditd({
      id: "auditd@dropping",
      title: "Linux audit (auditd), dropping instead of waiting",
      scope: "everything",
      backlogWaitTime: 0,
    }),
    auditd({
      id: "auditd@high-value",
      title: "Linux audit (auditd), high-value events only",
      scope: "high-value",
      optIn: "it answers another question: what it costs to watch high-value events alone",
      backlogWaitTime: BACKLOG_WAIT_TIME,
    }),
  ],
});
