/**
 * The Linux audit daemon with one system call rule a family: auditd(8), auditd.conf(5), auditctl(8), audit.rules(7),
 * https://github.com/linux-audit/audit-userspace.
 *
 * It runs from a configuration directory of its own, in the foreground; nothing below /etc/audit is read or changed. The kernel's
 * audit state is set back to what was there before, also after a crash, through journaled effects.
 */
import { defineAgent } from "../domain/agent.ts";
import type { AgentContext, AgentOutput, RunningAgent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host, HostProcess } from "../domain/host.ts";
import type { Family } from "../domain/units.ts";
import { missing, value } from "../domain/units.ts";
import { needsFreeAudit, readAuditStatus } from "./shared/audit.ts";
import type { AuditStatus } from "./shared/audit.ts";
import { firstObstacle, needsCommand, needsRoot } from "./shared/obstacle.ts";
import { versionOf } from "./shared/version.ts";

/** What audit.rules(7) recommends and distributions ship in rules.d: a queue of 8192 records, waiting instead of dropping. */
const BACKLOG = 8192;
const BACKLOG_WAIT_TIME = 60_000;
/** printk. 2 would be a kernel panic. */
const ON_FAILURE = 1;

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "sockaddr", before: "saddr=" },
};

/** System calls of a family. arm64 has neither open nor creat, and auditctl refuses names that it does not know. */
const callsOf = (family: Family, arch: string): readonly string[] => {
  switch (family) {
    case "exec":
      return ["execve", "execveat"];
    case "file":
      return arch === "x86_64" ? ["open", "openat", "openat2", "creat"] : ["openat", "openat2"];
    case "network":
      return ["connect"];
  }
};

const ruleFor = (family: Family, arch: string): readonly string[] => [
  "always,exit",
  "-F",
  "arch=b64",
  ...callsOf(family, arch).flatMap((call) => ["-S", call]),
  "-k",
  `tare-${family}`,
];

/**
 * Debian's auditd.conf with two kinds of change: everything lies in the turn's directory, and no rotation and no full disk may lose
 * or stop anything that is not the kernel's doing. HALT and SINGLE, which take the node down, are nowhere.
 */
const configuration = (directory: string): string => `local_events = yes
write_logs = yes
log_file = ${directory}/audit.log
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
plugin_dir = ${directory}/plugins.d
q_depth = 2000
overflow_action = IGNORE
max_restarts = 0
end_of_event_timeout = 2
`;

/** Options of auditctl by the name that `auditctl -s` gives the setting. */
const OPTIONS = {
  enabled: "-e",
  failure: "-f",
  rate_limit: "-r",
  backlog_limit: "-b",
  backlog_wait_time: "--backlog_wait_time",
} as const;
type Setting = keyof typeof OPTIONS;

const before = (status: AuditStatus, setting: Setting): number => {
  const found = status.get(setting);
  if (found !== undefined) return found;
  throw new TareError(
    "run-failed",
    `auditctl -s does not tell ${setting}, so it could not be set back`,
    "run auditctl -s and see what it says",
  );
};

/** Sets a kernel setting; undone by setting what was there before. */
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

const OWNER_POLL_MS = 100;
const OWNER_TRIES = 100;

/** The kernel sends events to whoever it names as its owner; before that they go to its own log. */
const waitUntilOwner = async (host: Host, context: AgentContext, process: HostProcess): Promise<void> => {
  for (let attempt = 0; attempt < OWNER_TRIES && process.exit() === undefined; attempt += 1) {
    const status = await readAuditStatus(host);
    if (status.kind === "value" && status.value.get("pid") === process.pid) return;
    await host.sleep(OWNER_POLL_MS, context.signal);
  }
  const exit = process.exit();
  throw new TareError(
    "run-failed",
    exit === undefined
      ? `auditd (pid ${process.pid}) did not become audit's owner within ${(OWNER_POLL_MS * OWNER_TRIES) / 1000} s`
      : `auditd (pid ${process.pid}) ended by itself: ${exit.signal ?? `exit status ${exit.code ?? "unknown"}`}`,
    `its last lines are in ${context.directory}/auditd.err`,
  );
};

const start = async (host: Host, context: AgentContext): Promise<RunningAgent> => {
  const { directory, families } = context;
  const log = `${directory}/audit.log`;
  const stderr = `${directory}/auditd.err`;
  const status = await readAuditStatus(host);
  if (status.kind === "missing") {
    throw new TareError("run-failed", status.reason, "run auditctl -s and see what it says");
  }
  await host.makeDirectory(`${directory}/plugins.d`, 0o750);
  await host.writeText(`${directory}/auditd.conf`, configuration(directory), 0o640);

  // Undone last in, first out: rules go, then the daemon, then the settings are put back. Enabled is set to what it is,
  // because auditd itself raises it and only the undo is wanted.
  await set(context, status.value, "enabled", before(status.value, "enabled"));
  await set(context, status.value, "failure", ON_FAILURE);
  await set(context, status.value, "rate_limit", 0);
  await set(context, status.value, "backlog_limit", BACKLOG);
  await set(context, status.value, "backlog_wait_time", BACKLOG_WAIT_TIME);
  const process = await context.launch(
    { command: "auditd", args: ["-n", "-c", directory], stdout: `${directory}/auditd.out`, stderr },
    { signals: ["SIGTERM"], graceMs: 8000 },
  );
  await waitUntilOwner(host, context, process);
  for (const family of families) {
    const rule = ruleFor(family, host.arch);
    await context.effects.perform({
      kind: "command",
      title: `audit rule for ${family}`,
      do: ["auditctl", "-a", ...rule],
      undo: [["auditctl", "-d", ...rule]],
      undoneWhen: "No such file or directory",
    });
  }
  return {
    processes: [process],
    outputs: [{ path: log, forms: Object.fromEntries(families.map((family) => [family, FORMS[family]])) }],
    logs: [stderr, `${directory}/auditd.out`],
    settings: {
      command: "auditd -n -c DIRECTORY",
      configuration: configuration("DIRECTORY"),
      rules: families.map((family) => `-a ${ruleFor(family, host.arch).join(" ")}`).join("\n"),
      backlogLimit: `${BACKLOG} records`,
      backlogWaitTime: `${BACKLOG_WAIT_TIME} ticks of the kernel's clock: system calls wait, nothing is dropped`,
      failure: `${ON_FAILURE} (printk)`,
      rateLimit: "0 (none)",
    },
  };
};

export default defineAgent({
  id: "auditd",
  title: "Linux audit (auditd)",
  homepage: "https://github.com/linux-audit/audit-userspace",
  observes: ["exec", "file", "network"],
  blindSpots: [
    "system calls of 32-bit programs: the rules name the 64-bit ABI",
    "operations through io_uring's own opcodes that the rules do not name",
    "processes that were forked while audit had never been enabled",
  ],
  overload: "blocks",
  residue: "audit",
  packages: ["auditd"],
  probe: async (host) => {
    const obstacle = await firstObstacle(host, [
      needsCommand("auditd", "auditd"),
      needsCommand("auditctl", "auditd"),
      needsRoot,
      needsFreeAudit,
    ]);
    if (obstacle !== undefined) return obstacle;
    return {
      kind: "available",
      version: (await versionOf(host, "auditctl", ["-v"])) ?? "unknown",
      path: (await host.which("auditd")) ?? "auditd",
    };
  },
  start,
  declaredLoss: async (host) => {
    const status = await readAuditStatus(host);
    if (status.kind === "missing") return status;
    const lost = status.value.get("lost");
    return lost === undefined ? missing("auditctl -s does not tell lost") : value(lost);
  },
});
