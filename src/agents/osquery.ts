/**
 * osquery's daemon with its audit-based event tables, process_events and socket_events, and with its BPF-based ones where the version has them.
 * https://osquery.readthedocs.io/en/stable/deployment/process-auditing/.
 *
 * With audit it is audit's owner itself, so neither auditd nor another of its kind can run beside it. Events are kept in its database and come out with
 * the next scheduled query, so what is delivered is late by the query's interval. Its watchdog ends a worker that uses too much CPU or
 * memory, and events with it, so both settings are measured.
 */
import { posix } from "node:path";
import { type AgentContext, type AgentSheet, defineVariants, type RunningAgent } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { CHANGE_FAMILIES, known } from "../domain/units.ts";
import { auditLosses, needsFreeAudit, readAuditListeners, readAuditStatus } from "./shared/audit.ts";
import {
  type Check,
  needsCommand,
  needsKernel,
  needsKprobes,
  needsRoot,
  needsTracepoint,
} from "./shared/obstacle.ts";
import { noCounter } from "./shared/no-counter.ts";
import { AUDIT, AUDIT_IN_GUEST, BACKLOG, backlogOf, BATCHES, takeAudit } from "./shared/osquery-audit.ts";
import {
  EXPIRED,
  osqueryInGuest,
  PROGRAM,
  type Setup,
  SHEET,
  startOsqueryd,
  VERSION_SOURCE,
} from "./shared/osquery.ts";
import { readPolicy } from "./shared/policy.ts";
import { COMPAT, UNCONNECTED } from "./shared/techniques.ts";
import { probeVendor, programPath } from "./shared/vendor-program.ts";

const flags = (
  { families }: Pick<AgentContext, "families">,
  backlog: number,
  watchdog: boolean,
): readonly string[] => [
  "disable_audit=false",
  "audit_allow_config=true",
  "audit_persist=true",
  // Its schedule asks for connects alone: with accept4 each operation would be two events, and its losses counted twice.
  "audit_allow_accept_socket_events=false",
  `audit_allow_process_events=${families.includes("exec")}`,
  `audit_allow_sockets=${families.includes("network")}`,
  `audit_backlog_limit=${backlog}`,
  "audit_backlog_wait_time=0",
  `disable_watchdog=${!watchdog}`,
];

const start = async (
  host: Host,
  context: AgentContext,
  watchdog: boolean,
  silent: { readonly flags: readonly string[] } & Pick<Setup, "silentOnce"> = { flags: [] },
): Promise<RunningAgent> => {
  const backlog = backlogOf(context);
  await takeAudit(host, context, backlog);
  const { flags: more, ...once } = silent;
  return await startOsqueryd(host, context, {
    ...once,
    policy: "osquery/everything.conf",
    flags: [...flags(context, backlog, watchdog), ...more],
    delivery:
      "once 1024 records have come or none has for 2 s, and then with the next scheduled query, each second",
    settings: {
      watchdog: watchdog
        ? "on as shipped: it looks from 60 s after the start on, which only turns that watch a node last (--scenarios churn --watch 5m)"
        : "off",
      alsoListening: await readAuditListeners(host),
    },
    lost: () => auditLosses(host),
  });
};

const CLAIMS: readonly Claim[] = [
  { of: ["connect-io-uring"], claimed: "nothing", why: "operations through io_uring" },
  { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
  {
    of: ["connect-unix"],
    claimed: "nothing",
    why: "connects to Unix sockets, which its schedule does not ask for",
  },
];

const osqueryAudit = (
  id: string,
  title: string,
  watchdog: boolean,
  more: Partial<AgentSheet> = {},
): AgentSheet => ({
  ...SHEET,
  ...AUDIT,
  ...BATCHES,
  id,
  title,
  coverage: {
    claims: [
      {
        of: COMPAT,
        claimed: "nothing",
        why: "system calls of 32-bit programs: its rules name the native ABI",
      },
      {
        of: ["exec-loader"],
        claimed: "otherwise",
        why: "the program that ld.so is started with: it is one of its arguments, as the caller has it",
      },
      ...CLAIMS,
    ],
    notes: [
      "file: process_file_events knows files that existed when it started, and tells of changes, not of opens",
      "processes that were forked while audit had never been enabled",
      EXPIRED,
      "what was on its way when its socket overflowed: it closes the socket and opens it anew, and the kernel counts nothing as lost",
      "everything, once that has happened so often that it has lost audit and has not noticed (seen once, at 2,000 connects a second)",
      ...(watchdog
        ? [
            "in turns of more than a minute, what happens between the watchdog's end of a worker and the start of the next",
          ]
        : []),
    ],
  },
  // It speaks to the kernel itself; tare reads the kernel's count of losses by auditctl and puts its settings back.
  probe: probeVendor(
    [PROGRAM],
    [needsCommand("auditctl", "auditd"), needsRoot, needsFreeAudit],
    VERSION_SOURCE,
  ),
  start: async (host, context) => await start(host, context, watchdog),
  inGuest: async (host, context) =>
    await osqueryInGuest(host, context, {
      policy: "osquery/everything.conf",
      flags: flags(context, BACKLOG, watchdog),
      ...AUDIT_IN_GUEST,
    }),
  ...more,
});

/**
 * osquery's BPF-based event tables, bpf_process_events and bpf_socket_events, which some versions have: docs/wiki/deployment/process-auditing.md, "Linux
 * process and socket auditing using BPF", of https://github.com/osquery/osquery; columns: specs/linux/bpf_process_events.table and
 * bpf_socket_events.table there; what is read and when it is handed on: osquery/events/linux/bpf/bpfeventpublisher.cpp there. They were removed after
 * 5.23.1 (#8814), so the program itself is asked.
 */
const FLAG = "enable_bpf_events";

/** `--help` lists the flags of this version and ends (docs/wiki/installation/cli-flags.md). */
const needsBpfTables: Check = async (host) => {
  const path = await programPath(host, PROGRAM);
  const { stdout, stderr } = await host.run(path, ["--help"]);
  return new RegExp(`--${FLAG}\\b`).test(stdout + stderr)
    ? undefined
    : {
        reason: `this version has no BPF-based tables: the help of ${path} lists no --${FLAG}`,
        hint: "they were removed after 5.23.1: install that version, or measure osquery@watchdog, whose tables are audit's",
      };
};

/** The publisher's defaults, and the least that its authors name (#6571); below that it may not start. */
const BUFFERS = ["bpf_perf_event_array_exp=10", "bpf_buffer_storage_size=512"];

const osqueryBpf: AgentSheet = {
  ...SHEET,
  id: "osquery@bpf",
  title: "osquery (BPF), watchdog off",
  coverage: {
    claims: [{ of: COMPAT, claimed: "nothing", why: "system calls of 32-bit programs" }, ...CLAIMS],
    notes: [
      "file: the publisher follows opens for its own state, and no table shows them",
      "of two events with the same nanosecond on two CPUs, one",
      EXPIRED,
    ],
  },
  optIn: "each of its trials waits nine seconds for what it may hold back",
  notInGuest: "its tables were removed after 5.23.1, and nobody has tried it there: count osquery@watchdog",
  // The publisher keeps events until they are five seconds old, to put those of all CPUs in order, and looks once a second; then comes a query each
  // second, and one that is late.
  flushIntervalMs: 9000,
  probe: probeVendor(
    [PROGRAM],
    [
      needsRoot,
      needsBpfTables,
      needsKernel(4, 18, "the oldest that its documents name for BPF"),
      // For execve and execveat; all other calls are read at tracepoints.
      needsKprobes,
      needsTracepoint("sys_enter_connect"),
    ],
    VERSION_SOURCE,
  ),
  start: async (host, context) =>
    await startOsqueryd(host, context, {
      policy: "osquery/bpf.conf",
      flags: [`${FLAG}=true`, ...BUFFERS, "disable_audit=true", "disable_watchdog=true"],
      delivery: "with the next scheduled query, each second, once an event is five seconds old",
      settings: {
        buffers: `${BUFFERS.join(", ")} (its defaults; for a forced overflow too)`,
        systemCalls:
          "26, both tables' and those that it follows processes, files and sockets by; families do not change that",
      },
      lost: noCounter(
        "it counts what its perf buffer lost only for the log of --verbose, and of all 26 system calls that it reads, which says nothing of these events",
      ),
    }),
};

/** Its database is there before its schedule runs. */
const hasDatabase = async (host: Host, { directory }: AgentContext): Promise<true | undefined> =>
  (known(await host.fileSize(`${directory}/osquery.db/CURRENT`)) ?? 0) > 0 ? true : undefined;

const ownsAudit = async (host: Host): Promise<true | undefined> =>
  (known(await readAuditStatus(host))?.get("pid") ?? 0) > 0 ? true : undefined;

/** Rungs below an event, of the one whose watchdog is off. */
const SILENT = {
  optIn: "it is there to be compared with `osquery@no-watchdog`: what its export costs",
  uncounted: SHEET.observes,
  notInGuest: "it hands out nothing, so that no event of it is delivered: count osquery@no-watchdog",
} as const satisfies Partial<AgentSheet>;

const idle: AgentSheet = {
  ...SHEET,
  ...SILENT,
  id: "osquery@idle",
  title: "osquery, without events and without a query",
  sink: "idle",
  coverage: { claims: CLAIMS, notes: ["everything: its tables of events are off"] },
  probe: probeVendor([PROGRAM], [needsRoot], VERSION_SOURCE),
  start: async (host, context) =>
    await startOsqueryd(host, context, {
      policy: { text: '{ "schedule": {} }\n' },
      flags: ["disable_audit=true", "disable_watchdog=true"],
      delivery: "it has no query",
      settings: { watchdog: "off" },
      lost: noCounter("it has no events to lose"),
      silentOnce: () => hasDatabase(host, context),
    }),
};

const none = osqueryAudit("osquery@none", "osquery (audit), whose results are logged nowhere", false, {
  ...SILENT,
  sink: "none",
  start: async (host, context) =>
    await start(host, context, false, {
      flags: ["disable_logging=true"],
      silentOnce: () => ownsAudit(host),
    }),
});

/** Of the package, which configures nothing else: a query an hour, and no table of events. */
const EXAMPLE = "../share/osquery/osquery.example.conf";

const shipped: AgentSheet = {
  ...SHEET,
  id: "osquery@shipped",
  title: "osquery, as its package's example configures it: a query an hour",
  observes: [],
  coverage: { notes: ["everything: its example asks for no table of events"] },
  optIn: "its package's example names no event; it is there for what osquery takes at rest",
  notInGuest: "its example names no event, so that none is delivered",
  probe: probeVendor([PROGRAM], [needsRoot], VERSION_SOURCE),
  start: async (host, context) => {
    const program = await programPath(host, PROGRAM);
    const path = posix.join(posix.dirname(program), EXAMPLE);
    const example = await host.readText(path);
    if (example.kind === "missing")
      throw new TareError(
        "run-failed",
        `osquery's own example cannot be read: ${example.reason}`,
        `see where the release has osquery.example.conf; it was looked for at ${path}`,
      );
    return await startOsqueryd(host, context, {
      policy: { text: example.value },
      flags: [],
      delivery: "with each scheduled query",
      settings: { watchdog: "on as shipped: it looks from 60 s after the start on" },
      lost: noCounter("it has no events to lose"),
      silentOnce: () => hasDatabase(host, context),
    });
  },
};

/** Of files that were there when it started it tells changes, and of new ones nothing, while its rules concern every open of the node. */
const FIM_FAMILIES = ["file", ...CHANGE_FAMILIES] as const;

const fim = osqueryAudit(
  "osquery@fim",
  "osquery (audit), watching a folder's files, for its cost alone",
  false,
  {
    observes: FIM_FAMILIES,
    uncounted: FIM_FAMILIES,
    coverage: {
      notes: [
        "opens for reading, and whatever is done to files that were made after its start: no row tells of them",
        "execs and network: their tables are off",
      ],
    },
    optIn:
      "its rules tax every open of the node for rows that do not come, so that only its cost is measured",
    notInGuest: "no event of it is delivered: count osquery@no-watchdog",
    start: async (host, context) => {
      const { watchedDirectory } = context;
      const backlog = backlogOf(context);
      await takeAudit(host, context, backlog);
      return await startOsqueryd(host, context, {
        policy: { text: await readPolicy(host, "osquery/fim.conf", { watchedDirectory }, context.families) },
        flags: [
          ...flags({ families: [] }, backlog, false),
          "audit_allow_fim_events=true",
          "enable_file_events=false",
        ],
        delivery:
          "once 1024 records have come or none has for 2 s, and then with the next scheduled query, each second",
        settings: { watchdog: "off", alsoListening: await readAuditListeners(host) },
        lost: () => auditLosses(host),
        silentOnce: () => ownsAudit(host),
      });
    },
  },
);

export default defineVariants({
  id: "osquery",
  variants: [
    osqueryAudit("osquery@watchdog", "osquery (audit), watchdog on as shipped", true),
    osqueryAudit("osquery@no-watchdog", "osquery (audit), watchdog off", false, {
      sink: "json-file",
      optIn:
        "in a turn of seconds it is `osquery@watchdog`, whose watchdog looks from 60 s after the start on; they differ where a node is watched for minutes",
    }),
    osqueryBpf,
    idle,
    none,
    fim,
    shipped,
  ],
});
