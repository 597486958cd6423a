/**
 * osquery's daemon with its audit-based event tables: process_events and socket_events.
 * https://osquery.readthedocs.io/en/stable/deployment/process-auditing/, .../installation/cli-flags/, .../deployment/logging/;
 * schemas: https://osquery.io/schema/.
 *
 * It is audit's owner itself, so neither auditd nor another of its kind can run beside it. Events are kept in its database and come out with
 * the next scheduled query, so what is delivered is late by the query's interval. Its watchdog ends a worker that uses too much CPU or
 * memory, and events with it, so both settings are measured.
 */
import { defineVariants } from "../domain/agent.ts";
import type { Agent, AgentContext, AgentOutput, RunningAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { auditLosses, needsFreeAudit, readAuditListeners } from "./shared/audit.ts";
import { setAudit } from "./shared/audit-settings.ts";
import { firstObstacle, needsCommand, needsRoot } from "./shared/obstacle.ts";
import { readPolicy } from "./shared/policy.ts";
import { findProgram, needsProgram } from "./shared/vendor-program.ts";
import type { VendorProgram } from "./shared/vendor-program.ts";
import { versionOf } from "./shared/version.ts";

const VERSION = "5.23.1";
const download = (arch: string): string =>
  `https://github.com/osquery/osquery/releases/download/${VERSION}/osquery_${VERSION}-1.linux_${arch}.deb`;

const PROGRAM: VendorProgram = {
  id: "osquery",
  name: "osqueryd",
  inside: ["opt/osquery/bin/osqueryd", "usr/bin/osqueryd"],
};

/** Its own defaults for the kernel's queue: 4096 records, and no waiting. */
const BACKLOG = 4096;
const SMALLEST_BACKLOG = 64;

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  network: { kind: "ipv4", before: '"remote_address":"' },
};

interface Variant {
  readonly id: string;
  readonly title: string;
  readonly watchdog: boolean;
}

/** As users give them, in a flag file; whatever would lie in /etc, /var or /run lies in the turn's directory. */
const flags = (context: AgentContext, directory: string, backlog: number, watchdog: boolean): string =>
  [
    `--config_path=${directory}/osquery.conf`,
    `--database_path=${directory}/osquery.db`,
    `--logger_path=${directory}/log`,
    `--pidfile=${directory}/osqueryd.pid`,
    "--disable_extensions=true",
    "--logger_plugin=filesystem",
    "--host_identifier=hostname",
    "--schedule_splay_percent=0",
    "--disable_events=false",
    "--disable_audit=false",
    "--audit_allow_config=true",
    "--audit_persist=true",
    `--audit_allow_process_events=${context.families.includes("exec")}`,
    `--audit_allow_sockets=${context.families.includes("network")}`,
    `--audit_backlog_limit=${backlog}`,
    "--audit_backlog_wait_time=0",
    `--disable_watchdog=${!watchdog}`,
    "",
  ].join("\n");

/** It adds and removes its rules itself. Where it is killed they would stay, and before it there were none (see the probe). */
const removeRules = async (context: AgentContext): Promise<void> => {
  await context.effects.perform({
    kind: "command",
    title: "audit rules that osquery adds",
    do: ["auditctl", "-l"],
    undo: [["auditctl", "-D"]],
  });
};

const start = async (host: Host, context: AgentContext, watchdog: boolean): Promise<RunningAgent> => {
  const { directory, families } = context;
  const backlog = context.buffers === "smallest" ? SMALLEST_BACKLOG : BACKLOG;
  const stdout = `${directory}/osqueryd.out`;
  const stderr = `${directory}/osqueryd.err`;
  const policy = await readPolicy(host, "osquery/everything.conf", {}, families);
  await host.makeDirectory(`${directory}/log`, 0o750);
  await host.writeText(`${directory}/osquery.conf`, policy, 0o640);
  await host.writeText(`${directory}/osquery.flags`, flags(context, directory, backlog, watchdog), 0o640);
  // Undone last in, first out: the daemon goes, then its rules, then the settings are put back.
  await setAudit(host, context, { backlogLimit: backlog, backlogWaitTime: 0 });
  await removeRules(context);
  const process = await context.launch(
    {
      command: (await findProgram(host, PROGRAM)) ?? PROGRAM.name,
      args: [`--flagfile=${directory}/osquery.flags`],
      stdout,
      stderr,
    },
    { signals: ["SIGTERM"], graceMs: 10_000 },
  );
  const forms = Object.fromEntries(families.map((family) => [family, FORMS[family]]));
  return {
    processes: [process],
    outputs: [{ path: `${directory}/log/osqueryd.results.log`, forms }],
    logs: [stderr, stdout, `${directory}/log/osqueryd.WARNING`],
    settings: {
      command: "osqueryd --flagfile=DIRECTORY/osquery.flags",
      flags: flags(context, "DIRECTORY", backlog, watchdog),
      schedule: policy,
      delivery: "with the next scheduled query, each second",
      cpuQuota: "none (the vendor's unit sets CPUQuota=20%, which this is run without)",
      alsoListening: await readAuditListeners(host),
    },
  };
};

const osquery = ({ id, title, watchdog }: Variant): Agent => ({
  id,
  title,
  homepage: "https://github.com/osquery/osquery",
  observes: ["exec", "network"],
  blindSpots: [
    "file: process_file_events knows files that existed when it started, and tells of changes, not of opens",
    "system calls of 32-bit programs: its rules name the native ABI",
    "processes that were forked while audit had never been enabled",
    "events beyond 50,000 a table between two queries are expired",
    ...(watchdog ? ["what happens between the watchdog's end of a worker and the start of the next"] : []),
  ],
  overload: "drops",
  residue: "audit",
  // A query each second, and one that is late.
  holdsBackMs: 2500,
  packages: [],
  release: {
    version: VERSION,
    // The project publishes no checksum file beside its packages. This one is pinned, alike, by two projects that download exactly this file;
    // for arm64 none was found.
    files: {
      x86_64: {
        url: download("amd64"),
        sha256: "1431a9a6394657eba3cdd3476a462a6fe9721fc3664a70f23efcf7e37816787a",
        format: "deb",
      },
      aarch64: { url: download("arm64"), sha256: null, format: "deb" },
    },
  },
  units: ["osqueryd.service"],
  probe: async (host) => {
    const obstacle = await firstObstacle(host, [
      needsProgram(PROGRAM),
      // It speaks to the kernel itself; tare reads the kernel's count of losses and puts its settings back.
      needsCommand("auditctl", "auditd"),
      needsRoot,
      needsFreeAudit,
    ]);
    if (obstacle !== undefined) return obstacle;
    const path = (await findProgram(host, PROGRAM)) ?? PROGRAM.name;
    return { kind: "available", version: (await versionOf(host, path)) ?? "unknown", path };
  },
  start: async (host, context) => await start(host, context, watchdog),
  declaredLoss: auditLosses,
});

export default defineVariants({
  id: "osquery",
  variants: [
    osquery({ id: "osquery@watchdog", title: "osquery (audit), watchdog on as shipped", watchdog: true }),
    osquery({ id: "osquery@no-watchdog", title: "osquery (audit), watchdog off", watchdog: false }),
  ],
});
