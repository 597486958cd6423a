/** Audit's owner by number only: a daemon that ended while audit was off. On the real kernel, where audit is free. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { needsFreeAudit, setAudit } from "../../src/agents/shared/audit.ts";
import { createHost } from "../../src/host/host.ts";
import { readAudit } from "../../src/observe/node-state.ts";
import { undoLeftovers } from "../../src/session/preflight.ts";
import type { SessionEvent } from "../../src/session/session.ts";
import { value } from "../../src/domain/units.ts";
import { ROOT } from "../support/agent-session.ts";
import { plainContext } from "../support/agent-context.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const host = createHost({ root: ROOT, journalDirectory: join(folder, "journal") });
const isFree = process.getuid?.() === 0 && (await needsFreeAudit(host)) === undefined;
const found = isFree ? await readAudit(host) : undefined;
/** On nodes where it is on, the kernel sees a dead owner with the next record. */
const wasOn = found?.kind === "value" && found.value.enabled === 1;
const ownAndDie = (): number => Number(execFileSync(join(folder, "owner"), { encoding: "utf8" }));

describe.skipIf(!isFree)("an owner of audit that is dead", () => {
  beforeAll(() => {
    const source = join(ROOT, "test/session/audit-owner.c");
    execFileSync("cc", ["-Wall", "-Wextra", "-Werror", "-o", join(folder, "owner"), source]);
    if (wasOn) execFileSync("auditctl", ["-e", "0"]);
  });
  afterAll(() => {
    if (wasOn) execFileSync("auditctl", ["-e", "1"]);
  });

  test("is in no agent's way, and a run or a clean-up frees audit of it", async () => {
    const pid = ownAndDie();
    expect(await readAudit(host)).toMatchObject(value({ pid, ownerless: true, enabled: 0 }));
    expect(await needsFreeAudit(host)).toBeUndefined();
    const told: SessionEvent[] = [];
    const journalDirectory = join(folder, "journals");
    expect(await undoLeftovers({ host, journalDirectory, tell: (event) => told.push(event) })).toBe(0);
    expect(told).toEqual([{ kind: "audit-freed", pid }]);
    await expect.poll(() => readAudit(host)).toMatchObject(value({ pid: 0, enabled: 0 }));
  });

  test("leaves with its turn, and every setting is as it was", async () => {
    const before = await readAudit(host);
    const effects = host.effects.scope("turn");
    const context = { ...plainContext(new FakeHost()), effects };
    await setAudit(host, context, { backlogLimit: 8192, backlogWaitTime: 0 });
    ownAndDie();
    expect(await effects.undo()).toEqual([]);
    await expect.poll(() => readAudit(host)).toEqual(before);
  });
});
