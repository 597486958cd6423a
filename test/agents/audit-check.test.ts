/** Rules as the real auditctl reads them, where the kernel takes none from it. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { canCheckRules, whyNoRule } from "../../src/agents/shared/audit-check.ts";
import { teamAuditd } from "../../src/agents/team/auditd.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { readFile } from "./team/refused.ts";

const host = createHost({ root: ROOT, journalDirectory: `${temporaryFolder()}/journal` });
const isHere = await canCheckRules(host);

const auditNow = (): string =>
  ["-l", "-s"].map((what) => execFileSync("auditctl", [what], { encoding: "utf8" })).join("\n");

/** What the node does meanwhile moves these. */
const settled = (status: string): string =>
  status.replaceAll(/^(?:lost|backlog|backlog_wait_time_actual) \d+$/gm, "");

test.for([
  ["-a always,exit -F arch=b64 -S execve,openat -F auid>=1000 -k ok", undefined],
  ["-w /etc/shadow -p wa -k ok", undefined],
  ["-a always,exit -F arch=b64 -S nosuchcall -k bad", "Syscall name unknown: nosuchcall"],
  ["-a always,exit -F arch=b64 -S execve -F bogus=1", "-F unknown field: bogus"],
  ["-a always,exit -F arch=b64 -S execve -F auid>=nobody-of-this-name", "Unknown user: nobody-of-this-name"],
  ["-w /etc/shadow -p wz", "Permission z isn't supported"],
] as const)("%s", async ([rule, why], ctx) => {
  ctx.skip(!isHere, "needs root, auditctl and unshare");
  const before = settled(auditNow());
  expect(await whyNoRule(host, rule.split(" "))).toBe(why);
  expect(settled(auditNow())).toBe(before);
});

test("a team's file is refused at the line of such a rule", async (ctx) => {
  ctx.skip(!isHere, "needs root, auditctl and unshare");
  const { check } = readFile(teamAuditd, "-D\n-w /etc/shadow -p wa\n-a always,exit -S nosuchcall\n");
  await expect(check?.(host)).rejects.toMatchObject({
    kind: "usage",
    message: "mine:3: auditctl refuses this rule: Syscall name unknown: nosuchcall",
  });
});

test("where a rule could get through, none is tried", async () => {
  const tried: string[] = [];
  const open = new FakeHost({
    programs: { unshare: "/usr/bin/unshare", auditctl: "/sbin/auditctl" },
    answer: (_, args) => {
      tried.push(args.slice(3).join(" "));
      return { stdout: "enabled 0\n" };
    },
    acts: () => undefined,
  });
  await readFile(teamAuditd, "-w /etc/shadow -p wa\n").check?.(open);
  expect(tried).toEqual(["-s"]);
});
