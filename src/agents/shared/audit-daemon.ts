/**
 * auditd(8) in the foreground with a private configuration directory; nothing below /etc/audit is read or changed. The kernel's
 * audit state is set back to what was there before, also after a crash, through journaled effects.
 */
import type { AgentContext, GuestContext, GuestStart } from "../../domain/agent.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import {
  AUDIT_LOST,
  ON_FAILURE,
  readAuditListeners,
  readAuditStatus,
  setAudit,
  SMALLEST_BACKLOG,
} from "./audit.ts";
import { awaitStart } from "./await-start.ts";
import { shellLine } from "./guest-shell.ts";
import { launch } from "./launch.ts";
import { readPolicy } from "./policy.ts";

/** What audit.rules(7) recommends and distributions ship in rules.d: room for 8192 records, and waiting instead of dropping. */
const BACKLOG = 8192;
export const BACKLOG_WAIT_TIME = 60_000;
/** As auditctl -s names what -b sets. */
export const BACKLOG_LIMIT = "backlog_limit";

export type AuditScope = "everything" | "changes" | "high-value";

/** A rule as its own words: `-a`, `always,exit` and so on, or `-w` and a path. */
export type RuleWords = readonly [action: "-a" | "-A" | "-w", ...words: string[]];

/** What of a team's own file decides what its rules cost, and how much is lost. */
export interface OwnRules {
  readonly rules: readonly RuleWords[];
  readonly backlogLimit?: number;
  readonly backlogWaitTime?: number;
  readonly rateLimit?: number;
}

interface Request {
  readonly scope: AuditScope | OwnRules | SilentRules;
  /** Ticks that a system call waits for room; 0: what does not fit is dropped. */
  readonly backlogWaitTime: number;
  /**
   * The program of a plug-in that writes the log instead of auditd. The kernel leaves out auditd's own system calls, but not a plug-in's: one
   * that looks into /proc for each event would cause events by that, for ever, so it is exempted.
   */
  readonly plugin?: string;
  /** Where events go that no program of a plug-in takes. Absent: to auditd's own log. */
  readonly to?: AuditTarget;
}

/** `nobody`: auditd reads its events and drops them. A socket: of its own plug-in, af_unix. */
type AuditTarget = "log" | "nobody" | { readonly socket: string };

export const auditLog = (directory: string): string => `${directory}/audit.log`;
export const pluginFolder = (directory: string): string => `${directory}/plugins.d`;

/**
 * Debian's auditd.conf with two kinds of change: everything lies in the turn's directory, and no rotation and no full disk may lose
 * or stop anything that is not the kernel's doing. HALT and SINGLE, which take the node down, are nowhere.
 */
const configuration = (directory: string, writesLog: boolean): string => `local_events = yes
write_logs = ${writesLog ? "yes" : "no"}
log_file = ${auditLog(directory)}
log_group = root
log_format = ENRICHED
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 500
num_logs = 0
max_log_file_action = IGNORE
priority_boost = 4
name_format = NONE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = SUSPEND
disk_error_action = SUSPEND
plugin_dir = ${pluginFolder(directory)}
q_depth = 2000
overflow_action = IGNORE
max_restarts = 0
end_of_event_timeout = 2
`;

/** arm64 has fewer, and auditctl refuses names that it does not know. */
const CALLS = {
  open: { x86_64: ["open", "openat", "openat2", "creat"], others: ["openat", "openat2"] },
  rename: { x86_64: ["rename", "renameat", "renameat2"], others: ["renameat", "renameat2"] },
  delete: { x86_64: ["unlink", "unlinkat"], others: ["unlinkat"] },
} as const;

const callsFor = (deed: keyof typeof CALLS, arch: string): string =>
  CALLS[deed][arch === "x86_64" ? "x86_64" : "others"].map((call) => `-S ${call}`).join(" ");

/** What the policy of that name asks for. */
const valuesFor = (
  scope: AuditScope,
  watchedDirectory: string,
  arch: string,
): Readonly<Record<string, string>> => {
  switch (scope) {
    case "everything":
      return { openCalls: callsFor("open", arch) };
    case "changes":
      return {
        watchedDirectory,
        openCalls: callsFor("open", arch),
        renameCalls: callsFor("rename", arch),
        deleteCalls: callsFor("delete", arch),
      };
    case "high-value":
      return { watchedDirectory };
  }
};

const readAuditRules = async (
  host: Host,
  scope: AuditScope,
  context: Pick<AgentContext, "families" | "watchedDirectory">,
  arch = host.arch,
): Promise<readonly RuleWords[]> => {
  const values = valuesFor(scope, context.watchedDirectory, arch);
  const text = await readPolicy(host, `auditd/${scope}.rules`, values, context.families);
  return text
    .split("\n")
    .filter((line) => line.startsWith("-a "))
    .map((line): RuleWords => ["-a", ...line.split(" ").slice(1)]);
};

/** Rungs of the export ladder below an event: what is left of the rules for everything. */
export type SilentRules = "no-rules" | "other-calls" | "nobody";

const rulesOf = async (
  host: Host,
  scope: AuditScope | OwnRules | SilentRules,
  context: Pick<AgentContext, "families" | "watchedDirectory">,
): Promise<readonly RuleWords[]> => {
  if (typeof scope === "object") return scope.rules;
  switch (scope) {
    case "everything":
    case "changes":
    case "high-value":
      return await readAuditRules(host, scope, context);
    case "no-rules":
      return [];
    case "other-calls":
      return (await readAuditRules(host, "everything", context)).map(ofOtherCalls);
    case "nobody":
      return forNobody(await readAuditRules(host, "everything", context));
  }
};

/** Rules as before, but of a call that no workload makes, which the kernel sees from its number. */
const ofOtherCalls = ([action, ...words]: RuleWords): RuleWords => {
  const first = words.indexOf("-S");
  const others = words.slice(first).filter((word, index, all) => word !== "-S" && all[index - 1] !== "-S");
  return [action, ...words.slice(0, first), "-S", "swapon", ...others];
};

/** Rules as before, but for a user who does not exist; a watch cannot be so. */
const forNobody = (rules: readonly RuleWords[]): readonly RuleWords[] =>
  rules.flatMap(([action, ...words]): readonly RuleWords[] =>
    action === "-w" ? [] : [[action, ...words, "-F", "uid=424242"]],
  );

const OPPOSITE = { "-a": "-d", "-A": "-d", "-w": "-W" } as const;

/** In the given order, which is the order in which the kernel looks at them. */
const addAuditRules = async (context: AgentContext, rules: readonly RuleWords[]): Promise<void> => {
  for (const rule of rules) {
    const [action, ...words] = rule;
    await context.effects.perform({
      kind: "command",
      title: `audit rule ${/ -k (\S+)$/.exec(rule.join(" "))?.[1] ?? rule.join(" ")}`,
      do: ["auditctl", action, ...words],
      undo: [["auditctl", OPPOSITE[action], ...words]],
      undoneWhen: "No such file or directory",
    });
  }
};

/** The kernel sends events to the owner that it names; before that they go to its own log. */
const waitUntilOwner = async (host: Host, context: AgentContext, process: HostProcess): Promise<void> => {
  await awaitStart(host, context, {
    process,
    who: "auditd",
    lacking: "did not become audit's owner",
    log: `${context.directory}/auditd.err`,
    every: 100,
    atMost: 10_000,
    check: async () => {
      const status = await readAuditStatus(host);
      return status.kind === "value" && status.value.get("pid") === process.pid ? true : undefined;
    },
  });
};

const exemptionOf = (plugin: string | undefined): readonly RuleWords[] =>
  plugin === undefined ? [] : [["-a", "never,exit", "-F", `exe=${plugin}`]];

/** Up to 3.0 it is a part of auditd; later a program of its own. */
const SOCKET_PROGRAM = "/usr/sbin/audisp-af_unix";

const socketPlugin = async (host: Host, socket: string): Promise<string> => {
  const isProgram = (await host.which(SOCKET_PROGRAM)) !== undefined;
  return `active = yes
direction = out
path = ${isProgram ? SOCKET_PROGRAM : "builtin_af_unix"}
type = ${isProgram ? "always" : "builtin"}
args = 0640 ${socket}${isProgram ? " string" : ""}
format = string
`;
};

/** Settings, daemon, rules; undone last in, first out, so that the daemon still reads what the rules caused. */
export const startAuditDaemon = async (
  host: Host,
  context: AgentContext,
  { scope, backlogWaitTime, plugin, to = "log" }: Request,
) => {
  const { directory } = context;
  const own = typeof scope === "string" ? undefined : scope;
  const usualLimit = (own?.backlogLimit ?? BACKLOG) * (context.bufferFactor ?? 1);
  const backlogLimit = context.buffers === "smallest" ? SMALLEST_BACKLOG : usualLimit;
  const rateLimit = own?.rateLimit ?? 0;
  const rules = [...exemptionOf(plugin), ...(await rulesOf(host, scope, context))];
  const writesLog = plugin === undefined && to === "log";
  await host.makeDirectory(pluginFolder(directory), 0o750);
  if (typeof to === "object")
    await host.writeText(
      `${pluginFolder(directory)}/af_unix.conf`,
      await socketPlugin(host, to.socket),
      0o640,
    );
  await host.writeText(`${directory}/auditd.conf`, configuration(directory, writesLog), 0o640);
  await setAudit(host, context, { backlogLimit, backlogWaitTime, rateLimit });
  const spec = { command: "auditd", args: ["-n", "-c", directory] };
  const { process, stdout, stderr } = await launch(context, "auditd", spec, 8000);
  await waitUntilOwner(host, context, process);
  await addAuditRules(context, rules);
  return {
    process,
    logs: [stderr, stdout],
    knob: `${backlogLimit} records`,
    settings: {
      command: "auditd -n -c DIRECTORY",
      configuration: configuration("DIRECTORY", writesLog),
      rules: rules.map((rule) => rule.join(" ")).join("\n"),
      backlogLimit: `${backlogLimit} records`,
      backlogWaitTime:
        backlogWaitTime === 0
          ? "0: what does not fit into the backlog is dropped"
          : `${backlogWaitTime} ticks of the kernel's clock: system calls wait, nothing is dropped`,
      failure: `${ON_FAILURE} (printk)`,
      rateLimit: rateLimit === 0 ? "0 (none)" : `${rateLimit} records a second`,
      alsoListening: await readAuditListeners(host),
    },
  };
};

const LOG_NAME = "audit.log";

const addRules = (rules: readonly RuleWords[]): string =>
  rules.map((rule) => `auditctl ${shellLine(rule)} >/dev/null || return 1`).join("\n") || ":";

interface GuestRequest extends Omit<Request, "scope" | "to"> {
  readonly scope: AuditScope | OwnRules;
}

/** The same where only a shell starts it. */
export const auditInGuest = async (
  host: Host,
  context: GuestContext,
  { scope, backlogWaitTime, plugin }: GuestRequest,
): Promise<Omit<GuestStart, "outputs"> & { readonly log: string }> => {
  const { directory, arch } = context;
  const own = typeof scope === "string" ? undefined : scope;
  const writesLog = plugin === undefined;
  const words = typeof scope === "string" ? await readAuditRules(host, scope, context, arch) : scope.rules;
  const rules: readonly RuleWords[] = [...exemptionOf(plugin), ...words];
  const settings = [
    `-f ${ON_FAILURE}`,
    `-r ${own?.rateLimit ?? 0}`,
    `-b ${own?.backlogLimit ?? BACKLOG}`,
    `--backlog_wait_time ${backlogWaitTime}`,
  ];
  return {
    log: LOG_NAME,
    programs: ["auditd", "auditctl"],
    files: { "auditd.conf": configuration(directory, writesLog) },
    version: "auditctl -v",
    before: [
      `mkdir -p -m 750 ${pluginFolder(directory)}`,
      ...settings.map((one) => `auditctl ${one} >/dev/null || return 1`),
    ].join("\n"),
    exec: `exec auditd -n -c ${directory}`,
    ready: 'auditctl -s | grep -qx "pid $agent"',
    after: addRules(rules),
    silent: { after: addRules(forNobody(rules)) },
    end: "auditctl -D >/dev/null",
    lost: AUDIT_LOST,
    settings: {
      command: "auditd -n -c DIRECTORY",
      configuration: configuration("DIRECTORY", writesLog),
      rules: rules.map((rule) => rule.join(" ")).join("\n"),
      queue: settings.join(" "),
    },
  };
};
