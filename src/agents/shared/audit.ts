/** The kernel's audit subsystem as auditctl(8) shows it. There is one on a node, and one daemon may own it. */
import type { AgentContext, GuestStart } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
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

/** Every line of the list, so that one that is no rule is seen: the rest of a path with a line end, say. */
export const readRules = async (host: Host): Promise<Reading<readonly string[]>> => {
  const { exitCode, stdout, stderr } = await host.run("auditctl", ["-l"]);
  if (exitCode !== 0) return missing(`auditctl -l: ${(stderr + stdout).trim()}`);
  return value(stdout.split("\n").filter((line) => line !== "" && line !== "No rules"));
};

/** The same for a guest's shell. */
export const AUDIT_LOST: NonNullable<GuestStart["lost"]> = {
  ask: "auditctl -s | grep '^lost '",
  read: (line) => {
    const told = /^lost (\d+)$/.exec(line)?.[1];
    return told === undefined ? missing(`auditctl -s does not tell lost: ${line}`) : value(Number(told));
  },
};

/**
 * Records that the kernel could not hand over, of any program. An event of several records may count once or several times. What is thrown away
 * while nobody reads it counts for nothing.
 */
export const auditLosses = async (host: Host): Promise<Reading<number>> => {
  const status = await readAuditStatus(host);
  if (status.kind === "missing") return status;
  if (status.value.get("pid") === 0)
    return missing("audit belongs to nobody any more, so that nothing of it is read, and nobody counts that");
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

/** `812 (auditd)`. */
const nameOf = async (host: Host, pid: number): Promise<string> => {
  const name = await host.readText(`/proc/${pid}/comm`);
  return name.kind === "value" ? `${pid} (${name.value.trim()})` : String(pid);
};

/**
 * A daemon that closes its socket while audit is off, as osquery does at its end, stays its owner by number: the kernel notices that nobody is
 * there when it has something to send, and a change of a setting is something.
 */
const isOwned = async (host: Host, owner: number): Promise<boolean> =>
  owner !== 0 && (await host.readText(`/proc/${owner}/comm`)).kind === "value";

/** Of another tare, or left by a killed one; see the guard of a run. */
const GUARD = "-a never,task";

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
  if (await isOwned(host, owner)) {
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
  const rules = await readRules(host);
  if (rules.kind === "missing") {
    return obstacle(
      `audit's rules cannot be listed: ${rules.reason}`,
      "run auditctl -l and see what it says",
    );
  }
  const [first] = rules.value;
  if (first === GUARD && rules.value.length === 1) {
    return obstacle(
      `audit has the rule "${GUARD}", with which another tare guards its run`,
      "wait until that run has ended; if none runs, a killed one left it: tare clean",
    );
  }
  return first === undefined
    ? undefined
    : obstacle(
        `audit has rules of somebody else's, such as "${first}"`,
        "remove them yourself (auditctl -D), or measure on another node",
      );
};

interface AuditQueue {
  readonly backlogLimit: number;
  /** Ticks of the kernel's clock that a system call waits for room in it; 0: the record is dropped. */
  readonly backlogWaitTime: number;
  /** Records a second, beyond which each is dropped and counted as lost; absent: none. */
  readonly rateLimit?: number;
}

/** What makes the kernel notice that nobody reads: each change of a setting is a record while audit is on. */
export const freeingAudit = (enabled: number | undefined): readonly (readonly string[])[] =>
  enabled === 1
    ? [["auditctl", "-e", "1"]]
    : [
        ["auditctl", "-e", "1"],
        ["auditctl", "-e", "0"],
      ];

/** printk. 2 would be a kernel panic. */
export const ON_FAILURE = 1;
/** The kernel's own default for its queue, and less than one event of every process of a small node. */
export const SMALLEST_BACKLOG = 64;

/**
 * Enabled is set to its present value: audit's owner raises it, and only the undo is wanted.
 *
 * @throws TareError `run-failed` when a setting cannot be read, so that it could not be put back
 */
export const setAudit = async (host: Host, context: AgentContext, queue: AuditQueue): Promise<void> => {
  const status = await readAuditStatus(host);
  const enabled = status.kind === "value" ? status.value.get("enabled") : undefined;
  const owner = status.kind === "value" ? status.value.get("pid") : undefined;
  if (owner !== undefined && owner !== 0 && !(await isOwned(host, owner))) {
    for (const command of freeingAudit(enabled))
      await context.effects.perform({
        kind: "command",
        title: `audit freed from its owner ${owner}, which is dead`,
        do: command,
        undo: [],
      });
  }
  const settings: readonly (readonly [name: string, option: string, to?: number])[] = [
    ["enabled", "-e"],
    ["failure", "-f", ON_FAILURE],
    ["rate_limit", "-r", queue.rateLimit ?? 0],
    ["backlog_limit", "-b", queue.backlogLimit],
    ["backlog_wait_time", "--backlog_wait_time", queue.backlogWaitTime],
  ];
  for (const [name, option, to] of settings) {
    const before = status.kind === "value" ? status.value.get(name) : undefined;
    if (before === undefined) {
      const why = status.kind === "missing" ? status.reason : `auditctl -s does not tell ${name}`;
      throw new TareError("run-failed", why, "run auditctl -s and see what it says");
    }
    await context.effects.perform({
      kind: "command",
      title: `audit ${name} set to ${to ?? before}`,
      do: ["auditctl", option, String(to ?? before)],
      undo: [["auditctl", option, String(before)]],
    });
  }
  await context.effects.perform({
    kind: "command",
    title: "audit freed from its owner, should it be dead",
    do: ["auditctl", "-s"],
    undo: freeingAudit(0),
  });
};
