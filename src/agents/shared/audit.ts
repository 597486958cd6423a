/** The kernel's audit subsystem as auditctl(8) shows it. There is one on a node, and one daemon may own it. */
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";
import { missing, value } from "../../domain/units.ts";
import type { Check } from "./obstacle.ts";

/** What `auditctl -s` prints, by name, for what has a numeric value. */
export type AuditStatus = ReadonlyMap<string, number>;

export const parseAuditStatus = (text: string): AuditStatus =>
  new Map(Array.from(text.matchAll(/^(\w+) (\d+)/gm), ([, name = "", count]) => [name, Number(count)]));

export const readAuditStatus = async (host: Host): Promise<Reading<AuditStatus>> => {
  const { exitCode, stdout, stderr } = await host.run("auditctl", ["-s"]);
  if (exitCode !== 0) return missing(`auditctl -s: ${(stderr + stdout).trim()}`);
  return value(parseAuditStatus(stdout));
};

/** Set by `auditctl -e 2`: no rule can be changed until reboot. */
const LOCKED = 2;

const stop = (reason: string, hint: string): Awaited<ReturnType<Check>> => ({
  kind: "unavailable",
  reason,
  hint,
});

/** Whoever runs audit on this node keeps it: an agent that takes it over would blind them. */
export const needsFreeAudit: Check = async (host) => {
  const status = await readAuditStatus(host);
  if (status.kind === "missing") {
    return stop(
      `audit cannot be used here: ${status.reason}`,
      "run outside containers, on a kernel with CONFIG_AUDIT",
    );
  }
  const owner = status.value.get("pid");
  const enabled = status.value.get("enabled");
  if (owner === undefined || enabled === undefined) {
    return stop("auditctl -s names neither owner nor state", "run auditctl -s and see what it says");
  }
  if (owner !== 0) {
    return stop(
      `audit belongs to the process ${owner}, which tare does not disturb`,
      "measure on a node without an audit daemon, or stop it yourself (service auditd stop)",
    );
  }
  if (enabled === LOCKED) {
    return stop(
      "audit is locked (enabled 2): rules cannot change until reboot",
      "reboot without -e 2 in the rules",
    );
  }
  const rules = await host.run("auditctl", ["-l"]);
  const [first] = rules.stdout.split("\n").filter((line) => line.startsWith("-"));
  return first === undefined
    ? undefined
    : stop(
        `audit has rules of somebody else's, such as "${first}"`,
        "remove them yourself (auditctl -D), or measure on another node",
      );
};
