/** osquery where it reads audit, and with a team's own configuration: tare's flags around it, and the publishers that its tables need. */
import type { AgentContext, AgentSheet, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { AUDIT_LOST, auditLosses, needsFreeAudit, ON_FAILURE, setAudit, SMALLEST_BACKLOG } from "./audit.ts";
import { AUDIT_RECORDS } from "./loss-counters.ts";
import { noCounter } from "./no-counter.ts";
import { needsCommand, needsRoot } from "./obstacle.ts";
import { osqueryInGuest, PROGRAM, SHEET, startOsqueryd, VERSION_SOURCE } from "./osquery.ts";
import { probeVendor } from "./vendor-program.ts";

/** Its own defaults for the kernel's queue: 4096 records, and no waiting. */
export const BACKLOG = 4096;

export const backlogOf = ({ buffers }: AgentContext): number =>
  buffers === "smallest" ? SMALLEST_BACKLOG : BACKLOG;

export const takeAudit = async (host: Host, context: AgentContext, backlog: number): Promise<void> => {
  // Undone last in, first out: the daemon goes, then its rules, then the settings are put back.
  await setAudit(host, context, { backlogLimit: backlog, backlogWaitTime: 0 });
  // It adds and removes its rules itself. Where it is killed they would stay, and before it there were none (see the probe).
  await context.effects.perform({
    kind: "command",
    title: "audit rules that osquery adds",
    do: ["auditctl", "-l"],
    undo: [["auditctl", "-D"]],
  });
};

/** The same in a guest's shell, where nobody has settings of audit. */
export const AUDIT_IN_GUEST = {
  before: [`-f ${ON_FAILURE}`, "-r 0", `-b ${BACKLOG}`, "--backlog_wait_time 0"]
    .map((setting) => `auditctl ${setting} >/dev/null || return 1`)
    .join("\n"),
  lost: AUDIT_LOST,
} as const;

export const AUDIT = { lossCounter: AUDIT_RECORDS, residue: "audit" } as const;

export const BATCHES = {
  // It hands records on when it has 1024 of them, or none has come for two seconds (AuditdNetlinkReader::acquireMessages in
  // osquery/events/linux/auditdnetlink.cpp); then come the publisher, each 200 ms, and a query each second. Seen: 2.1 to 5.3 s.
  flushIntervalMs: 6000,
  handsOutInBatches: true,
} as const;

/** What a team's own configuration asks for. */
export interface OwnSchedule {
  readonly text: string;
  /** Of the publishers that its tables read. */
  readonly flags: readonly string[];
  readonly usesAudit: boolean;
  /** Whether rows of its tables as they are go to a file of their own. */
  readonly snapshots: boolean;
  /** Beyond what is waited for where each query is asked each second. */
  readonly waitedForMs: number;
}

/** Audit's flags for a team's own tables. */
const auditFlags = (backlog: number): readonly string[] => [
  "audit_allow_config=true",
  "audit_persist=true",
  `audit_backlog_limit=${backlog}`,
  "audit_backlog_wait_time=0",
];

const ownFlags = ({ flags, usesAudit }: OwnSchedule, backlog: number): readonly string[] => [
  `disable_audit=${!usesAudit}`,
  ...(usesAudit ? auditFlags(backlog) : []),
  ...flags,
  "disable_watchdog=true",
];

const startOwn = async (host: Host, context: AgentContext, own: OwnSchedule): Promise<RunningAgent> => {
  const { text, usesAudit, snapshots } = own;
  const backlog = backlogOf(context);
  if (usesAudit) await takeAudit(host, context, backlog);
  return await startOsqueryd(host, context, {
    policy: { text },
    flags: ownFlags(own, backlog),
    snapshots,
    delivery: "with each scheduled query, by the team's own intervals",
    settings: { watchdog: "off" },
    lost: usesAudit
      ? () => auditLosses(host)
      : noCounter("it tells how many events its publishers lost in its log alone"),
  });
};

export const osquerySheet = (own: OwnSchedule) =>
  ({
    ...SHEET,
    ...BATCHES,
    flushIntervalMs: BATCHES.flushIntervalMs + own.waitedForMs,
    ...(own.usesAudit ? AUDIT : {}),
    probe: probeVendor(
      [PROGRAM],
      own.usesAudit ? [needsCommand("auditctl", "auditd"), needsRoot, needsFreeAudit] : [needsRoot],
      VERSION_SOURCE,
    ),
    start: (host, context) => startOwn(host, context, own),
    inGuest: async (host, context) =>
      await osqueryInGuest(host, context, {
        policy: { text: own.text },
        flags: ownFlags(own, BACKLOG),
        snapshots: own.snapshots,
        ...(own.usesAudit ? AUDIT_IN_GUEST : { before: ":" }),
      }),
  }) as const satisfies Partial<AgentSheet>;
