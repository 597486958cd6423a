/**
 * osquery's daemon with its audit-based event tables, process_events and socket_events, and with its BPF-based ones where the version has them
 * (shared/osquery-bpf.ts). https://osquery.readthedocs.io/en/stable/deployment/process-auditing/.
 *
 * With audit it is audit's owner itself, so neither auditd nor another of its kind can run beside it. Events are kept in its database and come out with
 * the next scheduled query, so what is delivered is late by the query's interval. Its watchdog ends a worker that uses too much CPU or
 * memory, and events with it, so both settings are measured.
 */
import { type AgentContext, type AgentSheet, defineVariants, type RunningAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { auditLosses, needsFreeAudit, readAuditListeners } from "./shared/audit.ts";
import { setAudit } from "./shared/audit-settings.ts";
import { needsCommand, needsRoot } from "./shared/obstacle.ts";
import { osqueryBpf } from "./shared/osquery-bpf.ts";
import { EXPIRED, PROGRAM, SHEET, startOsqueryd } from "./shared/osquery.ts";
import { probeVendor } from "./shared/vendor-program.ts";

/** Its own defaults for the kernel's queue: 4096 records, and no waiting. */
const BACKLOG = 4096;
const SMALLEST_BACKLOG = 64;

const flags = ({ families }: AgentContext, backlog: number, watchdog: boolean): readonly string[] => [
  "disable_audit=false",
  "audit_allow_config=true",
  "audit_persist=true",
  `audit_allow_process_events=${families.includes("exec")}`,
  `audit_allow_sockets=${families.includes("network")}`,
  `audit_backlog_limit=${backlog}`,
  "audit_backlog_wait_time=0",
  `disable_watchdog=${!watchdog}`,
];

const start = async (host: Host, context: AgentContext, watchdog: boolean): Promise<RunningAgent> => {
  const backlog = context.buffers === "smallest" ? SMALLEST_BACKLOG : BACKLOG;
  // Undone last in, first out: the daemon goes, then its rules, then the settings are put back.
  await setAudit(host, context, { backlogLimit: backlog, backlogWaitTime: 0 });
  // It adds and removes its rules itself. Where it is killed they would stay, and before it there were none (see the probe).
  await context.effects.perform({
    kind: "command",
    title: "audit rules that osquery adds",
    do: ["auditctl", "-l"],
    undo: [["auditctl", "-D"]],
  });
  return await startOsqueryd(host, context, {
    policy: "osquery/everything.conf",
    flags: flags(context, backlog, watchdog),
    delivery: "with the next scheduled query, each second",
    settings: { alsoListening: await readAuditListeners(host) },
    lost: () => auditLosses(host),
  });
};

const osqueryAudit = (id: string, title: string, watchdog: boolean): AgentSheet => ({
  ...SHEET,
  id,
  title,
  tried: "here, 5.23.1, built from source",
  coverage: {
    notes: [
      "file: process_file_events knows files that existed when it started, and tells of changes, not of opens",
      "system calls of 32-bit programs: its rules name the native ABI",
      "processes that were forked while audit had never been enabled",
      EXPIRED,
      ...(watchdog ? ["what happens between the watchdog's end of a worker and the start of the next"] : []),
    ],
  },
  residue: "audit",
  // A query each second, and one that is late.
  flushIntervalMs: 2500,
  // It speaks to the kernel itself; tare reads the kernel's count of losses by auditctl and puts its settings back.
  probe: probeVendor(
    [PROGRAM],
    [needsCommand("auditctl", "auditd"), needsRoot, needsFreeAudit],
    ["--version"],
  ),
  start: async (host, context) => await start(host, context, watchdog),
});

export default defineVariants({
  id: "osquery",
  variants: [
    osqueryAudit("osquery@watchdog", "osquery (audit), watchdog on as shipped", true),
    osqueryAudit("osquery@no-watchdog", "osquery (audit), watchdog off", false),
    osqueryBpf,
  ],
});
