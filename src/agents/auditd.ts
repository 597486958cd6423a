/**
 * The Linux audit daemon with one system call rule a family: auditd(8), auditd.conf(5), auditctl(8), audit.rules(7),
 * https://github.com/linux-audit/audit-userspace.
 *
 * Two settings of the kernel's queue decide what it is like under load, so both are measured: as distributions ship it a system call waits
 * until its record fits, and with a wait time of 0 the record is dropped.
 */
import { type AgentSheet, defineVariants, type GuestContext } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import type { Host } from "../domain/host.ts";
import type { Sink } from "../domain/sink.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import { auditLosses } from "./shared/audit.ts";
import { AUDIT_CLAIMS } from "./shared/audit-claims.ts";
import { EXECVEAT, TEMPORARY_EXECS } from "./shared/techniques.ts";
import {
  type AuditScope,
  BACKLOG_WAIT_TIME,
  type SilentRules,
  startAuditDaemon,
} from "./shared/audit-daemon.ts";
import { AUDITD_FORMS, auditdDaemon, auditdInGuest } from "./shared/auditd.ts";
import { awaitListening } from "./shared/await-start.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { launch } from "./shared/launch.ts";
import { withTool } from "./shared/obstacle.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";

const NOTES: Readonly<Record<AuditScope, readonly string[]>> = {
  everything: [],
  changes: [
    "changes through io_uring and by 32-bit programs: the rules name neither",
    "whole paths of files that are renamed or deleted by relative ones: the record has the caller's words",
  ],
  "high-value": [
    "a shell in a container as such: the rules see who enters its namespaces",
    "programs without a name on disk that are started by a path below /proc",
    "changes of privilege by group, capability or file system user",
  ],
};

const CHANGES_CLAIMS: readonly Claim[] = [
  {
    of: ["change-write"],
    claimed: "otherwise",
    why: "writes as such: its rules ask for opens for writing, and tell the name that the file had then",
  },
];

/** What its rules name of the techniques, and how much they tell of it. */
const HIGH_VALUE_CLAIMS: readonly Claim[] = [
  {
    of: EXECVEAT,
    claimed: "right",
    why: "it is asked for every execveat",
  },
  {
    of: [...TEMPORARY_EXECS, "exec-relative", "exec-untouched-path"],
    claimed: "right",
    why: "it is asked for programs in a directory for temporary files, which the watched one stands for",
  },
  {
    of: ["privilege-setuid", "kernel-bpf", "namespace-setns"],
    claimed: "right",
    why: "its rules name the call",
  },
];

interface Variant extends Pick<AgentSheet, "id" | "title" | "optIn" | "sink"> {
  readonly scope: AuditScope;
  readonly backlogWaitTime: number;
}

const OBSERVES: Readonly<Record<AuditScope, AgentSheet["observes"]>> = {
  everything: ["exec", "file", "network"],
  changes: CHANGE_FAMILIES,
  "high-value": ["high-value"],
};

const CLAIMS: Readonly<Record<AuditScope, readonly Claim[]>> = {
  everything: AUDIT_CLAIMS,
  changes: CHANGES_CLAIMS,
  "high-value": HIGH_VALUE_CLAIMS,
};

const auditd = ({ scope, backlogWaitTime, ...sheet }: Variant): AgentSheet => ({
  ...sheet,
  ...auditdDaemon(scope, backlogWaitTime),
  observes: OBSERVES[scope],
  coverage: {
    notes: [...NOTES[scope], "processes that were forked while audit had never been enabled"],
    claims: CLAIMS[scope],
  },
  ...(scope === "everything"
    ? {
        inGuest: async (host: Host, context: GuestContext) =>
          await auditdInGuest(host, context, { scope, backlogWaitTime }),
      }
    : { notInGuest: scope === "changes" ? NO_CHANGES : NO_HIGH_VALUE }),
});

/** Debian's audit.rules sets the kernel's queue and names no event at all; auditd.conf is the one that every variant has. */
const SHIPPED: AgentSheet = {
  id: "auditd@shipped",
  title: "Linux audit (auditd), as its package configures it: no rules",
  ...auditdDaemon({ rules: [] }, BACKLOG_WAIT_TIME),
  observes: [],
  coverage: {
    notes: ["everything but what programs tell audit by themselves, such as logins: its rules name no event"],
  },
  optIn: "its package's rules name no event; it is there for what audit takes at rest",
  notInGuest: "its rules name no event, so that none is delivered",
};

const COMPARED = "it is there to be compared with `auditd@blocking`: what its export costs";
const PLAIN = ["exec", "file", "network"] as const;

/** As `auditd@blocking`, but for how far its events come. */
const rung = (
  sheet: Pick<AgentSheet, "id" | "title"> & { readonly sink: Sink },
  start: AgentSheet["start"],
): AgentSheet => ({
  ...auditdDaemon("everything", BACKLOG_WAIT_TIME),
  ...sheet,
  observes: PLAIN,
  coverage: { notes: NOTES.everything, claims: AUDIT_CLAIMS },
  optIn: COMPARED,
  notInGuest: "it is there for what it costs beside others: count auditd@blocking",
  start,
});

const silent = (sheet: Parameters<typeof rung>[0], scope: "everything" | SilentRules): AgentSheet => ({
  ...rung(sheet, async (host, context) => {
    const { process, ...daemon } = await startAuditDaemon(host, context, {
      scope,
      backlogWaitTime: BACKLOG_WAIT_TIME,
      to: "nobody",
    });
    return { ...daemon, processes: [process], outputs: [], lost: () => auditLosses(host) };
  }),
  uncounted: PLAIN,
});

const socket = rung(
  { id: "auditd@socket", title: "Linux audit (auditd), to a socket that socat reads", sink: "text-socket" },
  async (host, context) => {
    const address = `${context.directory}/events.sock`;
    const path = `${context.directory}/events.log`;
    const { process, logs, ...daemon } = await startAuditDaemon(host, context, {
      scope: "everything",
      backlogWaitTime: BACKLOG_WAIT_TIME,
      to: { socket: address },
    });
    await awaitListening(host, context, "auditd", { process, stderr: logs[0] ?? "" }, address);
    const args = ["-u", `UNIX-CONNECT:${address}`, `OPEN:${path},creat,append`];
    const reader = await launch(context, "socat", { command: "socat", args }, 2000);
    return {
      ...daemon,
      processes: [process, reader.process],
      consumers: [process],
      peers: [reader.process],
      outputs: [{ path, forms: AUDITD_FORMS, event: "type=SYSCALL " }],
      logs: [...logs, reader.stderr],
      settings: { ...daemon.settings, reader: "socat -u" },
      lost: () => auditLosses(host),
    };
  },
);

const RUNGS: readonly AgentSheet[] = [
  silent({ id: "auditd@idle", title: "Linux audit (auditd), without a rule", sink: "idle" }, "no-rules"),
  silent(
    {
      id: "auditd@loaded",
      title: "Linux audit (auditd), as many rules for calls that no workload makes",
      sink: "loaded",
    },
    "other-calls",
  ),
  silent(
    {
      id: "auditd@filtered",
      title: "Linux audit (auditd), the same rules for a user who does nothing",
      sink: "filtered",
    },
    "nobody",
  ),
  silent(
    {
      id: "auditd@none",
      title: "Linux audit (auditd), which reads its events and writes none",
      sink: "none",
    },
    "everything",
  ),
  {
    ...socket,
    probe: async (host) => withTool(host, "socat", await socket.probe(host)),
  },
];

export default defineVariants({
  id: "auditd",
  variants: [
    auditd({
      id: "auditd@blocking",
      title: "Linux audit (auditd), as shipped: system calls wait",
      sink: "text-file",
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
    auditd({
      id: "auditd@changes",
      title: "Linux audit (auditd), changes of files only",
      scope: "changes",
      optIn: CHANGES_ASKED,
      backlogWaitTime: BACKLOG_WAIT_TIME,
    }),
    SHIPPED,
    ...RUNGS,
  ],
});
