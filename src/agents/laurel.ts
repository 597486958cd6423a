/**
 * auditd with LAUREL as its plug-in, which joins the records of an event into one line of JSON: laurel(8), laurel-audit-rules(7),
 * https://github.com/threathunters-io/laurel. What it costs includes auditd, which it cannot run without; auditd's own log is off, as its
 * documentation advises.
 */
import { type AgentOutput, defineAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { AUDIT_CLAIMS } from "./shared/audit-claims.ts";
import { auditLosses, needsFreeAudit } from "./shared/audit.ts";
import { auditInGuest, BACKLOG_WAIT_TIME, pluginFolder, startAuditDaemon } from "./shared/audit-daemon.ts";
import { AUDIT_DEEDS } from "./shared/auditd.ts";
import { needsCommand, needsRoot } from "./shared/obstacle.ts";
import { probeBy, saidBy, versionOf } from "./shared/probe.ts";
import { AUDIT_RECORDS } from "./shared/loss-counters.ts";

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  // From [translate] universal: SADDR with the address spelled out.
  network: { kind: "ipv4", before: '"addr":"' },
};

/** Where Debian puts it. */
const PROGRAM = "/usr/sbin/laurel";

const pluginConfiguration = (program: string, configuration: string): string => `active = yes
direction = out
type = always
format = string
path = ${program}
args = --config ${configuration}
`;

/**
 * Debian's /etc/laurel/config.toml, but below a directory of the turn's own, which only root can enter, so it stays root; with a log that is
 * never rotated away; and with addresses and names translated, as auditd's ENRICHED format does.
 */
const configuration = (directory: string): string => `directory = "${directory}/laurel"
statusreport-period = 0

[auditlog]
file = "audit.log"
size = 1000000000000
generations = 1

[transform]
execve-argv = [ "array" ]

[translate]
universal = true
user-db = true

[enrich]
pid = true
execve-env = [ "LD_PRELOAD", "LD_LIBRARY_PATH" ]
container = true
script = true
`;

const writePlugin = async (host: Host, directory: string, program: string): Promise<void> => {
  const path = `${directory}/laurel.toml`;
  await host.writeText(path, configuration(directory), 0o640);
  await host.makeDirectory(pluginFolder(directory), 0o750);
  // auditd refuses a plug-in's configuration that others may write to.
  await host.writeText(`${pluginFolder(directory)}/laurel.conf`, pluginConfiguration(program, path), 0o640);
};

export default defineAgent({
  id: "laurel",
  title: "Linux audit with LAUREL",
  homepage: "https://github.com/threathunters-io/laurel",
  observes: ["exec", "file", "network"],
  coverage: {
    claims: AUDIT_CLAIMS,
    notes: [
      "processes that were forked while audit had never been enabled",
      "its own losses beyond the kernel's: auditd drops what does not fit into its queue of 2000 records to the plug-in, and no counter tells how many",
    ],
  },
  // The kernel waits for auditd. Auditd does not wait for its plug-in: with LAUREL stopped nine of ten execs were lost and none declared.
  overload: "blocks",
  lossCounter: AUDIT_RECORDS,
  residue: "audit",
  telling: { deeds: AUDIT_DEEDS, pid: /"pid":(\d+)/ },
  packages: ["auditd", "laurel"],
  units: ["auditd.service"],
  probe: probeBy(
    [
      needsCommand("laurel", "laurel"),
      needsCommand("auditd", "laurel"),
      needsCommand("auditctl", "laurel"),
      needsRoot,
      needsFreeAudit,
    ],
    "laurel",
    saidBy(),
  ),
  start: async (host, context) => {
    const { directory } = context;
    const auditd = (await versionOf(host, "auditctl", ["-v"])) ?? "unknown";
    const program = (await host.which("laurel")) ?? PROGRAM;
    await writePlugin(host, directory, program);
    const { process, logs, settings } = await startAuditDaemon(host, context, {
      scope: "everything",
      backlogWaitTime: BACKLOG_WAIT_TIME,
      plugin: program,
    });
    return {
      processes: [process],
      outputs: [{ path: `${directory}/laurel/audit.log`, forms: FORMS }],
      logs,
      settings: {
        ...settings,
        auditd,
        laurel: configuration("DIRECTORY"),
      },
      lost: () => auditLosses(host),
    };
  },
  inGuest: async (host, context) => {
    const { directory } = context;
    const { log: _none, ...audit } = await auditInGuest(host, context, {
      scope: "everything",
      backlogWaitTime: BACKLOG_WAIT_TIME,
      plugin: PROGRAM,
    });
    return {
      ...audit,
      programs: [...audit.programs, "laurel"],
      packages: ["laurel"],
      files: {
        ...audit.files,
        "laurel.toml": configuration(directory),
        "plugins.d/laurel.conf": pluginConfiguration(PROGRAM, `${directory}/laurel.toml`),
      },
      version: "laurel --version",
      outputs: [{ path: "laurel/audit.log", forms: FORMS }],
      settings: { ...audit.settings, laurel: configuration("DIRECTORY") },
    };
  },
});
