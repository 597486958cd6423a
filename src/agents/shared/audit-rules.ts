/** Audit rules from the policies: read, filled in for this machine, and added one by one with their undo. */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { readPolicy } from "./policy.ts";

export type AuditScope = "everything" | "high-value";

/** arm64 has neither open nor creat, and auditctl refuses names that it does not know. */
const openCalls = (arch: string): string =>
  (arch === "x86_64" ? ["open", "openat", "openat2", "creat"] : ["openat", "openat2"])
    .map((call) => `-S ${call}`)
    .join(" ");

/** The policy's rules, as the arguments of `auditctl` that add them. */
export const readAuditRules = async (
  host: Host,
  scope: AuditScope,
  context: Pick<AgentContext, "families" | "watchedDirectory">,
): Promise<readonly string[]> => {
  const values =
    scope === "everything"
      ? { openCalls: openCalls(host.arch) }
      : { watchedDirectory: context.watchedDirectory };
  const text = await readPolicy(host, `auditd/${scope}.rules`, values, context.families);
  return text.split("\n").filter((line) => line.startsWith("-a "));
};

/** `-k tare-exec` -> `tare-exec`. */
const keyOf = (rule: string): string => / -k (\S+)$/.exec(rule)?.[1] ?? rule;

/** In the given order, which is the order in which the kernel looks at them. */
export const addAuditRules = async (context: AgentContext, rules: readonly string[]): Promise<void> => {
  for (const rule of rules) {
    const [, ...parts] = rule.split(" ");
    await context.effects.perform({
      kind: "command",
      title: `audit rule ${keyOf(rule)}`,
      do: ["auditctl", "-a", ...parts],
      undo: [["auditctl", "-d", ...parts]],
      undoneWhen: "No such file or directory",
    });
  }
};
