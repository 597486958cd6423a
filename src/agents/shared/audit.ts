/** The kernel's audit subsystem as auditctl(8) shows it. There is one on a node, and one daemon may own it. */
import type { Host } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";
import { type Check, obstacle } from "./obstacle.ts";

export type AuditStatus = ReadonlyMap<string, number>;

export const readAuditStatus = async (host: Host): Promise<Reading<AuditStatus>> => {
  const { exitCode, stdout, stderr } = await host.run("auditctl", ["-s"]);
  if (exitCode !== 0) return missing(`auditctl -s: ${(stderr + stdout).trim()}`);
  return value(
    new Map(Array.from(stdout.matchAll(/^(\w+) (\d+)/gm), ([, name = "", count]) => [name, Number(count)])),
  );
};

export const readRules = async (host: Host): Promise<readonly string[]> => {
  const { stdout } = await host.run("auditctl", ["-l"]);
  return stdout.split("\n").filter((line) => line.startsWith("-"));
};

/** Records that the kernel could not hand over, of any program. An event of several records may count once or several times. */
export const auditLosses = async (host: Host): Promise<Reading<number>> => {
  const status = await readAuditStatus(host);
  if (status.kind === "missing") return status;
  const lost = status.value.get("lost");
  return lost === undefined ? missing("auditctl -s does not tell lost") : value(lost);
};

const NETLINK_AUDIT = "9";
/** The kernel copies each record to every member of this group. They only read, but each record costs more. */
const READ_LOG_GROUP = 1;

/**
 * Who else reads the audit stream, such as journald with its audit socket. It makes each record cost more and is not the agent's doing,
 * so it is stated beside the figures, in words.
 */
export const readAuditListeners = async (host: Host): Promise<string> => {
  const sockets = await host.readText("/proc/net/netlink");
  if (sockets.kind === "missing") return `not known: ${sockets.reason}`;
  const count = sockets.value.split("\n").filter((line) => {
    const [, protocol, , groups = ""] = line.trim().split(/\s+/);
    return protocol === NETLINK_AUDIT && (Number.parseInt(groups, 16) & READ_LOG_GROUP) !== 0;
  }).length;
  return count === 0
    ? "nobody: no journald reads audit here"
    : `${count} (journald, unless systemd-journald-audit.socket is masked)`;
};

/** Set by `auditctl -e 2`: no rule can be changed until reboot. */
export const LOCKED = 2;

/** `812 (auditd)`; the number alone when the process is gone or in another PID namespace. */
const nameOf = async (host: Host, pid: number): Promise<string> => {
  const name = await host.readText(`/proc/${pid}/comm`);
  return name.kind === "value" ? `${pid} (${name.value.trim()})` : String(pid);
};

/** Audit's owner keeps it: an agent that took it over would blind the node's owner. */
export const needsFreeAudit: Check = async (host) => {
  const status = await readAuditStatus(host);
  if (status.kind === "missing") {
    return obstacle(
      `audit cannot be used here: ${status.reason}`,
      "run outside containers, on a kernel with CONFIG_AUDIT",
    );
  }
  const owner = status.value.get("pid");
  const enabled = status.value.get("enabled");
  if (owner === undefined || enabled === undefined) {
    return obstacle("auditctl -s names neither owner nor state", "run auditctl -s and see what it says");
  }
  if (owner !== 0) {
    return obstacle(
      `audit belongs to the process ${await nameOf(host, owner)}, which tare does not disturb`,
      "measure on a node where nothing uses audit, or stop it yourself first",
    );
  }
  if (enabled === LOCKED) {
    return obstacle(
      "audit is locked (enabled 2): rules cannot change until reboot",
      "reboot without -e 2 in the rules",
    );
  }
  const [first] = await readRules(host);
  return first === undefined
    ? undefined
    : obstacle(
        `audit has rules of somebody else's, such as "${first}"`,
        "remove them yourself (auditctl -D), or measure on another node",
      );
};
