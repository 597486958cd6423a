/** LAUREL runs as auditd's child, so what tare prepares is files: what they say, and what the kernel is told before. */
import { expect, test } from "vitest";
import laurel from "../../src/agents/laurel.ts";
import { plainContext } from "../support/agent-context.ts";
import { FakeHost } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";

const STATUS =
  "enabled 0\nfailure 1\npid PID\nrate_limit 0\nbacklog_limit 64\nlost 0\nbacklog_wait_time 15000\n";

const started = async () => {
  const host = new FakeHost({
    programs: { laurel: "/opt/laurel", auditd: "/sbin/auditd", auditctl: "/sbin/auditctl" },
    files: policyFiles(),
    answer: (_, args, host) =>
      args[0] === "-s" ? { stdout: STATUS.replace("PID", String(host.processes[0]?.pid ?? 0)) } : {},
  });
  const context = plainContext(host, { families: ["exec", "file"] });
  return { host, running: await laurel.start(host, context) };
};

test("is the only one that writes a log, below the turn's directory, and never rotates it", async () => {
  const { host, running } = await started();
  expect(host.files.get("/turn/auditd.conf")).toContain("write_logs = no");
  expect(host.files.get("/turn/plugins.d/laurel.conf")).toContain(
    "path = /opt/laurel\nargs = --config /turn/laurel.toml",
  );
  expect(host.files.get("/turn/laurel.toml")).toMatch(
    /^directory = "\/turn\/laurel"$[^]*^size = 1000000000000$/m,
  );
  expect(running.outputs.map(({ path }) => path)).toEqual(["/turn/laurel/audit.log"]);
});

test("is exempted from audit before any rule is added: what it opens for an event would be events again", async () => {
  const { host } = await started();
  expect(host.done.filter((step) => step.startsWith("do audit rule"))).toEqual([
    "do audit rule -a never,exit -F exe=/opt/laurel",
    "do audit rule tare-exec",
    "do audit rule tare-file",
  ]);
});
