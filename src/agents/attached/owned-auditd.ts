/**
 * auditd in its owner's hands: auditd.conf(5), auditctl(8). Its rules stay in the kernel when the daemon is stopped, and cost as much
 * as before, so they are taken away for the baseline and brought back word by word.
 */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Effect } from "../../domain/effect.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { auditLosses, readAuditStatus } from "../shared/audit.ts";
import type { OwnedAgent, Remains } from "./owned-agent.ts";

const CONFIGURATION = "/etc/audit/auditd.conf";
const USUAL_LOG = "/var/log/audit/audit.log";
/** Set by `auditctl -e 2`: no rule can be changed until reboot. */
const LOCKED = 2;

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "sockaddr", before: "saddr=" },
};

/** `auditctl -l` prints every rule as the arguments that add it, and no argument of a rule holds a space. */
const rulesOf = async (host: Host): Promise<readonly (readonly string[])[]> => {
  const { stdout } = await host.run("auditctl", ["-l"]);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("-"))
    .map((line) => line.trim().split(/\s+/));
};

const DELETE_ALL = ["auditctl", "-D"] as const;

export const ownedAuditd: OwnedAgent = {
  remains: async (host): Promise<Remains | undefined> => {
    const status = await readAuditStatus(host);
    if (status.kind === "value" && status.value.get("enabled") === LOCKED) {
      throw new TareError(
        "host-unfit",
        "audit is locked (enabled 2): its rules cannot be taken away for the baseline",
        "reboot without -e 2 in the rules, or leave auditd out",
      );
    }
    const rules = await rulesOf(host);
    if (rules.length === 0) return undefined;
    const add = rules.map((rule) => ["auditctl", ...rule]);
    const away: Effect = {
      kind: "command",
      title: `the owner's ${rules.length} audit rules taken away`,
      do: DELETE_ALL,
      undo: [DELETE_ALL, ...add],
    };
    // What the start may have loaded goes first; the undo of that takes away all that comes after it.
    const back: readonly Effect[] = [
      { kind: "command", title: "audit rules of the start deleted", do: DELETE_ALL, undo: [DELETE_ALL] },
      ...add.map((command): Effect => ({ kind: "command", title: command.join(" "), do: command, undo: [] })),
    ];
    return { away, back, settings: { rules: rules.map((rule) => rule.join(" ")).join("\n") } };
  },
  outputs: async (host) => {
    const text = known(await host.readText(CONFIGURATION)) ?? "";
    if (/^\s*write_logs\s*=\s*no\s*$/im.test(text)) return [];
    const path = /^\s*log_file\s*=\s*(\S+)\s*$/m.exec(text)?.[1] ?? USUAL_LOG;
    return [{ path, forms: FORMS }];
  },
  lostBy: (host) => () => auditLosses(host),
};
