/**
 * Policies for high-value events on the real kernel: that each kind of operation sets off its own rule and no other, which the count of
 * delivered tokens alone would not show.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import scenario from "../../scenarios/high-value.ts";
import { createHost } from "../../src/host/host.ts";
import { agentNamed } from "../support/agent-named.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const techniques = (scenario.techniques ?? []).map(({ id }) => id);
/** So that each of two batches has as many operations of each kind. */
const OPERATIONS = 10 * techniques.length;

interface Alert {
  readonly rule: string;
  readonly operation: number;
}

const TOKEN = /TK-0a51-([0-9a-f]{8})/;
const operationIn = (text: string): number | undefined => {
  const digits = TOKEN.exec(text)?.[1];
  const operation = digits === undefined ? undefined : Number.parseInt(digits, 16);
  return operation === undefined || operation >= OPERATIONS ? undefined : operation;
};

/** `sudo pid=1 comm=su args=su\x00TK-...` */
const alertsOfBpftrace = (output: string): readonly Alert[] =>
  output.split("\n").flatMap((line) => {
    const operation = operationIn(line);
    return operation === undefined ? [] : [{ rule: line.split(" ")[0] ?? "", operation }];
  });

/** The key is in the event's SYSCALL record, the command line in its PROCTITLE record; both carry the event's serial. */
const alertsOfAudit = (log: string): readonly Alert[] => {
  const rules = new Map<string, string>();
  for (const [, serial = "", rule = ""] of log.matchAll(
    /^type=SYSCALL msg=audit\([\d.]+:(\d+)\):.* key="tare-([^"]+)"/gm,
  )) {
    rules.set(serial, rule);
  }
  return Array.from(
    log.matchAll(/^type=PROCTITLE msg=audit\([\d.]+:(\d+)\): proctitle=([0-9A-F]+)$/gm),
    ([, serial = "", title = ""]) => ({
      rule: rules.get(serial) ?? "none",
      operation: operationIn(Buffer.from(title, "hex").toString()),
    }),
  ).flatMap(({ rule, operation }) => (operation === undefined ? [] : [{ rule, operation }]));
};

describe.each([
  ["auditd@high-value", alertsOfAudit],
  ["bpftrace@high-value", alertsOfBpftrace],
])("%s", (id, alertsIn) => {
  const folder = temporaryFolder();

  test("tells of each operation once, by the rule that is meant for its kind", async (ctx) => {
    const agent = agentNamed(id);
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, agent);
    ctx.skip(obstacle !== undefined, obstacle);
    const { result, problems } = await withAgent(host, agent, folder, async ({ running, trial }) => {
      const ledger = await trial("high-value", OPERATIONS);
      return { ledger, output: readFileSync(running.outputs[0]?.path ?? "", "utf8") };
    });
    expect(problems).toEqual([]);
    expect(result.ledger).toMatchObject({ delivered: OPERATIONS, duplicates: 0 });
    const alerts = alertsIn(result.output).toSorted((a, b) => a.operation - b.operation);
    expect(alerts).toEqual(
      Array.from({ length: OPERATIONS }, (_, operation) => ({
        rule: techniques[operation % techniques.length],
        operation,
      })),
    );
  });
});
