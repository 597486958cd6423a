/**
 * Who owns audit may be killed, and its kernel's owner stays a number until the kernel has something to send: what tare leaves then must be free,
 * and the next agent must find it so.
 */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import auditd from "../../src/agents/auditd.ts";
import laurel from "../../src/agents/laurel.ts";
import { readAuditStatus, readRules } from "../../src/agents/shared/audit.ts";
import type { Host } from "../../src/domain/host.ts";
import { known } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { variantOf } from "../support/agent-context.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const root = temporaryFolder();

const stateOf = async (host: Host): Promise<object> => {
  const {
    lost: _grows,
    backlog: _moves,
    backlog_wait_time_actual: _sums,
    ...status
  } = Object.fromEntries(known(await readAuditStatus(host)) ?? []);
  return { status, rules: await readRules(host) };
};

const OWNERS = [variantOf(auditd, "auditd@blocking"), variantOf(auditd, "auditd@idle"), laurel] as const;

describe.each(OWNERS.map((agent) => [agent.id, agent] as const))("%s, killed", (_, agent) => {
  test("leaves audit free, its rules gone and its settings as they were", async (ctx) => {
    const folder = mkdtempSync(join(root, "tare-"));
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, agent);
    ctx.skip(obstacle !== undefined, obstacle);
    const before = await stateOf(host);
    expect(before).toMatchObject({ status: { pid: 0 }, rules: { kind: "value", value: [] } });
    const { result, problems } = await withAgent(host, agent, folder, async ({ running }) => {
      const pid = known(await readAuditStatus(host))?.get("pid") ?? 0;
      expect(running.processes.map((process) => process.pid)).toContain(pid);
      host.signal(pid, "SIGKILL");
      await expect.poll(() => running.processes.some((process) => process.exit() !== undefined)).toBe(true);
      return pid;
    });
    expect(result).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    expect(await stateOf(host)).toEqual(before);
    // Nobody has to free it by hand before the next.
    expect(await agent.probe(host)).toMatchObject({ kind: "available" });
  });
});
