/**
 * What auditctl says of a rule, without the kernel getting it: in a process namespace of its own it reads the rule, and is refused when it sends it
 * (audit_netlink_ok() in the kernel's kernel/audit.c).
 */
import type { Host } from "../../domain/host.ts";

const APART = ["--pid", "--fork", "auditctl"] as const;
const REFUSED = /^Error sending .* request \(Operation not permitted\)$/;
const REFUSED_RULE = /^Error sending add rule data request \(Operation not permitted\)$/m;

const saidOf = async (host: Host, words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await host.run("unshare", [...APART, ...words]);
  return `${stderr}\n${stdout}`;
};

/** Whether a rule would not get through; without root, or where audit is not here, that cannot be told. */
export const canCheckRules = async (host: Host): Promise<boolean> => {
  const programs = await Promise.all(["unshare", "auditctl"].map((name) => host.which(name)));
  if (programs.includes(undefined)) return false;
  return (await saidOf(host, ["-s"])).split("\n").some((line) => REFUSED.test(line));
};

/** Why auditctl does not take the rule, in its words; undefined where it does. Call it only after `canCheckRules`. */
export const whyNoRule = async (host: Host, words: readonly string[]): Promise<string | undefined> => {
  const said = await saidOf(host, words);
  if (REFUSED_RULE.test(said)) return undefined;
  return said
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "" && !REFUSED.test(line));
};
