/** An owner's audit rules in the kernel itself: taken away for a baseline and put back, by this process and by the next. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ownedAgent, type Remains } from "../../src/agents/attached/owned.ts";
import { needsFreeAudit } from "../../src/agents/shared/audit.ts";
import { cleanUp } from "../../src/host/effects.ts";
import { createHost } from "../../src/host/host.ts";
import { findJournals } from "../../src/host/journal.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const spaced = join(folder, "Edge  Proxy");
mkdirSync(spaced);
const journal = join(folder, "journal");
const host = createHost({ root: ROOT, journalDirectory: journal });
const audit = async (...args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await host.run("auditctl", args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
};

const unusable = host.uid !== 0 ? "it needs root" : (await needsFreeAudit(host))?.reason;

const RULES = [
  ["-w", spaced, "-p", "wa", "-k", "edge proxy"],
  ["-a", "always,exit", "-S", "all", "-F", `path=${spaced}/run me.sh`, "-F", "perm=x", "-F", "key=edge-run"],
  ["-a", "never,exit", "-F", "arch=b64", "-S", "execve", "-F", `exe=${spaced}/run`, "-F", "auid!=-1"],
  ["-a", "always,exit", "-F", "arch=b64", "-S", "execve,openat", "-C", "uid!=euid", "-k", "one", "-k", "two"],
];

const remains = async (): Promise<Remains> => {
  const found = await ownedAgent("auditd")?.remains?.(host);
  if (found === undefined) throw new Error("no rule was found");
  return found;
};

describe.skipIf(unusable !== undefined)("rules with spaces in paths and keys, in the kernel", () => {
  afterEach(async () => {
    await audit("-D");
  });

  const setUp = async (): Promise<string> => {
    for (const rule of RULES) await audit(...rule);
    return await audit("-l");
  };

  test("are gone for the baseline, in force in a turn, and afterwards as they were", async () => {
    const before = await setUp();
    const { away, back } = await remains();
    const run = host.effects.scope("run");
    for (const effect of away) await run.perform(effect);
    expect(await audit("-l")).toBe("No rules\n");
    const turn = host.effects.scope("turn");
    for (const effect of back) await turn.perform(effect);
    expect(await audit("-l")).toBe(before);
    expect(await turn.undo()).toEqual([]);
    expect(await audit("-l")).toBe("No rules\n");
    expect(await run.undo()).toEqual([]);
    expect(await audit("-l")).toBe(before);
  });

  test.each([1, 2, RULES.length + 1])("come back when the run was killed after step %i", async (steps) => {
    const before = await setUp();
    const { away } = await remains();
    const killed = createHost({ root: ROOT, journalDirectory: journal }).effects.scope("killed");
    for (const effect of away.slice(0, steps)) await killed.perform(effect);
    const [found] = await findJournals(journal);
    if (found === undefined) throw new Error("nothing was in the journal");
    expect(await cleanUp(journal, found)).toMatchObject({ problems: [] });
    expect(await audit("-l")).toBe(before);
    // Undone a second time, as it would be if `tare clean` had been killed as well; closes the journal.
    expect(await killed.undo()).toEqual([]);
    expect(await audit("-l")).toBe(before);
  });

  test("are left alone when one of them could not be put back", async () => {
    await setUp();
    await audit("-a", "always,exit", "-S", "all", "-F", "perm=x", "-F", `path=${spaced}/run`, "-k", "odd");
    const before = await audit("-l");
    await expect(remains()).rejects.toMatchObject({ kind: "host-unfit" });
    expect(await audit("-l")).toBe(before);
  });
});
