/** auditd(8) as an agent, whichever rules it follows. */
import type { AgentOutput, AgentSheet, GuestContext, GuestStart } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Telling } from "../../domain/telling.ts";
import { auditLosses, needsFreeAudit } from "./audit.ts";
import {
  auditInGuest,
  auditLog,
  type AuditScope,
  BACKLOG_LIMIT,
  BACKLOG_WAIT_TIME,
  type OwnRules,
  startAuditDaemon,
} from "./audit-daemon.ts";
import { auditEvents } from "./audit-events.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { AUDIT_RECORDS } from "./loss-counters.ts";
import { needsCommand, needsRoot } from "./obstacle.ts";
import { probeBy, versionOf } from "./probe.ts";

export const AUDITD_FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "sockaddr", before: "saddr=" },
  ...CHANGE_FORMS,
  // Not every alert is of an exec with its arguments, but each has a record of the command line.
  "high-value": { kind: "hex" },
};

/** By the keys of the rules, which tell the calls that they name apart. */
export const AUDIT_DEEDS: Telling["deeds"] = {
  exec: /"tare-(?:exec|sudo|temporary-exec|deleted-binary)"/,
  open: /"tare-file"/,
  write: /"tare-write"/,
  rename: /"tare-rename"/,
  delete: /"tare-delete"/,
  connect: /"tare-network"/,
  identity: /"tare-privilege-change"/,
  bpf: /"tare-bpf"/,
  namespace: /"tare-container-shell"/,
};

const AUDITD_TELLING: Telling = { eventsIn: auditEvents, deeds: AUDIT_DEEDS, pid: /\bpid=(\d+)/ };

export const auditdDaemon = (scope: AuditScope | OwnRules, backlogWaitTime: number) =>
  ({
    homepage: "https://github.com/linux-audit/audit-userspace",
    overload: backlogWaitTime === 0 ? "drops" : "blocks",
    lossCounter: AUDIT_RECORDS,
    knob: BACKLOG_LIMIT,
    residue: "audit",
    telling: AUDITD_TELLING,
    packages: ["auditd"],
    units: ["auditd.service"],
    probe: probeBy(
      [needsCommand("auditd", "auditd"), needsCommand("auditctl", "auditd"), needsRoot, needsFreeAudit],
      "auditd",
      (host) => versionOf(host, "auditctl", ["-v"]),
    ),
    start: async (host, context) => {
      const { process, logs, settings, knob } = await startAuditDaemon(host, context, {
        scope,
        backlogWaitTime,
      });
      return {
        processes: [process],
        // The other records of an event tell more of it; each that a rule raises has this one.
        outputs: [{ path: auditLog(context.directory), forms: AUDITD_FORMS, event: "type=SYSCALL " }],
        logs,
        settings,
        knob,
        lost: () => auditLosses(host),
      };
    },
  }) as const satisfies Partial<AgentSheet>;

export const auditdInGuest = async (
  host: Host,
  context: GuestContext,
  request: Parameters<typeof auditInGuest>[2],
): Promise<GuestStart> => {
  const { log, ...rest } = await auditInGuest(host, context, request);
  return { ...rest, outputs: [{ path: log, forms: AUDITD_FORMS }] };
};

/** As shipped, but for what a team's own file says. Rules are in force when `auditctl` returns. */
export const auditdSheet = (own: OwnRules) => ({
  ...auditdDaemon(own, own.backlogWaitTime ?? BACKLOG_WAIT_TIME),
  showsWithinMs: 1500,
  inGuest: async (host: Host, context: GuestContext) =>
    await auditdInGuest(host, context, {
      scope: own,
      backlogWaitTime: own.backlogWaitTime ?? BACKLOG_WAIT_TIME,
    }),
});
