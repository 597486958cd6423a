/**
 * The node's own auditd, a unit of a real systemd, measured where it is by the real program: a whole run, one that is interrupted, one that is
 * killed. It gets rules of its own for that, so it runs only on a machine that is thrown away afterwards, such as a guest.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { cleanUp, journalOf, said, type Setting, signalledRun, wholeRun } from "./attached-run.ts";

const RULES = "/etc/audit/rules.d/tare-test.rules";
const SETTING: Setting = {
  target: "auditd",
  scenarios: "process-exec,file-open,network-connect",
  folder: temporaryFolder(),
  isActive: () => said("systemctl", "is-active", "auditd") === "active",
};
const journal = journalOf(SETTING);

const whyNot = (): string | undefined => {
  if (process.env["TARE_TEST_DISPOSABLE"] !== "yes")
    return "it configures this machine's own auditd: TARE_TEST_DISPOSABLE=yes says that the machine is thrown away";
  if (process.getuid?.() !== 0) return "it needs root";
  if (!existsSync("/run/systemd/system")) return "systemd does not run here";
  return said("systemctl", "cat", "auditd.service") === "" ? "there is no auditd.service" : undefined;
};

/** What an owner may have: the events of all three families, in the order of the workloads' use. */
const OWNERS_RULES = [
  "-a always,exit -F arch=b64 -S execve,execveat -F key=owner-exec",
  "-a always,exit -F arch=b64 -S openat,openat2 -F key=owner-open",
  "-a always,exit -F arch=b64 -S connect -F key=owner-connect",
];

/** What must be the same before and after: the unit, its rules, and the kernel's settings (not who owns it and what it counts). */
const asItIs = (): object => ({
  active: said("systemctl", "is-active", "auditd"),
  enabled: said("systemctl", "is-enabled", "auditd"),
  rules: said("auditctl", "-l").split("\n"),
  settings: said("auditctl", "-s")
    .split("\n")
    .filter((line) => /^(enabled|failure|rate_limit|backlog_limit|backlog_wait_time) /.test(line)),
});

let before: object = {};
const reason = whyNot();

beforeAll(() => {
  if (reason !== undefined) return;
  mkdirSync("/etc/audit/rules.d", { recursive: true });
  writeFileSync(RULES, `${OWNERS_RULES.join("\n")}\n`);
  said("systemctl", "start", "auditd");
  before = asItIs();
});

afterAll(() => {
  if (reason !== undefined) return;
  said("systemctl", "stop", "auditd");
  said("auditctl", "-D");
  rmSync(RULES, { force: true });
});

describe("auditd as a unit of its owner", () => {
  test("is as its owner set it up", (context) => {
    context.skip(reason !== undefined, reason);
    expect(before).toMatchObject({ active: "active", rules: OWNERS_RULES });
  });

  test("is measured in a whole run, and is then as it was", (context) => {
    context.skip(reason !== undefined, reason);
    const summary = wholeRun(SETTING);
    expect(summary.run).toMatchObject({ complete: true, trials: { failed: 0 } });
    const ledger = summary.ledger.filter((row) => row.agent === "auditd@attached");
    expect(ledger.map((row) => row.scenario).toSorted()).toEqual([
      "file-open",
      "network-connect",
      "process-exec",
    ]);
    for (const row of ledger) {
      console.info(
        `auditd@attached, ${row.scenario}: delivered ${row.delivered} of ${row.operations}, declared lost ${row.declaredLost?.high ?? "nothing countable"}`,
      );
      // Where the kernel's backlog overflowed, which it tells of only roughly, events are auditd's loss; else every one must have been found.
      const missing = row.operations - row.delivered;
      expect(missing).toBeLessThanOrEqual(row.declaredLost?.high === 0 ? 0 : row.operations / 100);
    }
    expect(asItIs()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
  });

  test("is as it was after Ctrl-C in the middle", async (context) => {
    context.skip(reason !== undefined, reason);
    const { end, words } = await signalledRun(SETTING, "SIGINT", { active: true });
    expect({ ...end, words }).toMatchObject({ code: 130, by: null });
    expect(asItIs()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
  });

  test("is as it was after a kill and `tare clean`", async (context) => {
    context.skip(reason !== undefined, reason);
    const { end, words } = await signalledRun(SETTING, "SIGKILL", { active: false });
    expect({ ...end, words }).toMatchObject({ code: null, by: "SIGKILL" });
    expect(existsSync(journal)).toBe(true);
    expect(cleanUp(SETTING)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("undid what run") as string,
    });
    expect(asItIs()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
  });
});
