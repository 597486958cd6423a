/** `tare run --policy` on the real kernel: a dear rule and a cheap one of two agents, one that the kernel refuses, and a node as it was. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, type TestContext } from "vitest";
import type { RecordLine, TrialLine } from "../../src/domain/record.ts";
import { known } from "../../src/domain/units.ts";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const RULES = `-a always,exit -F arch=b64 -S openat -k all-opens
-a always,exit -F arch=b64 -F dir=/etc -F perm=wa -k etc
-a always,exit -F arch=b64 -F dir=/not/there -F perm=wa -k refused
-e 2
`;
const OPENS = "file: { paths: [/] }\n";
/** Not all of /etc: every program that starts opens its ld.so.cache, and tests beside this one start many. */
const ETC = "file: { paths: [/etc/skel/] }\n";

const EACH = ["policy-all-opens", "policy-etc"] as const;
const AUDITD = [...EACH, "policy-none", "policy-refused"].map((name) => `auditd@${name}`);

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root";
  const agents = JSON.parse(tare(["agents", "--json"]).stdout) as {
    readonly id: string;
    readonly status: string;
    readonly reason: string | null;
  }[];
  return (
    agents
      .filter(({ id }) => id === "sensor" || id === "auditd@blocking")
      .find(({ status }) => status !== "available")?.reason ?? undefined
  );
};

const auditState = (): string =>
  ["-s", "-l"]
    .map((flag) => spawnSync("auditctl", [flag], { encoding: "utf8" }).stdout)
    .join("")
    .replace(/^(?:lost|backlog_wait_time_actual) .*\n/gm, "");

let obstacle: string | undefined;
let run: ReturnType<typeof tare>;
let summary: SummaryJson;
let lines: readonly RecordLine[];
let before: string;

beforeAll(() => {
  obstacle = whyNot();
  if (obstacle !== undefined) return;
  before = auditState();
  const out = join(folder, "run");
  const policies = [
    `auditd=${file("x.rules", RULES)}`,
    `sensor=${file("opens.yaml", OPENS)}`,
    `sensor=${file("etc.yaml", ETC)}`,
  ];
  const agents = [...AUDITD, "sensor"].join(",");
  const size = "--scenarios file-open --profile smoke --blocks 1 --allow-foreign --no-report".split(" ");
  run = tare([
    "run",
    ...policies.flatMap((policy) => ["--policy", policy]),
    "--agents",
    agents,
    "--out",
    out,
    ...size,
  ]);
  summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson;
  // Another tare on the node, which came meanwhile.
  obstacle = summary.agents.find(({ status }) => status === "skipped")?.reason ?? undefined;
  lines = readFileSync(join(out, "record.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordLine);
});

const skipWhere = ({ skip }: TestContext): void => {
  skip(obstacle !== undefined, obstacle);
};

const trialsOf = (agent: string): readonly TrialLine[] =>
  lines
    .filter((line) => line.type === "trial")
    .filter((line) => line.agent === agent && line.rejected === null);

const outcomeOf = (agent: string) => {
  const outcome = trialsOf(agent)[0]?.outcome;
  if (outcome?.kind !== "measured") throw new Error(`${agent} was not measured: ${JSON.stringify(outcome)}`);
  return outcome;
};

describe("a team's own policies", () => {
  test.for(["auditd", "sensor"])(
    "of %s: the rule on all opens reports each, and none is lost",
    (of, context) => {
      skipWhere(context);
      const agent = of === "auditd" ? "auditd@policy-all-opens" : "sensor@policy-opens";
      const { ledger, events } = outcomeOf(agent);
      if (ledger.kind !== "counted") throw new Error(`${agent}: ${ledger.why}`);
      expect(ledger.delivered).toBe(ledger.operations);
      expect(events === undefined ? undefined : known(events)).toBeGreaterThanOrEqual(ledger.operations);
    },
  );

  test.for(["auditd", "sensor"])(
    "of %s: what the rule on one folder does not name is not counted, and not lost",
    (of, context) => {
      skipWhere(context);
      const agent = `${of}@policy-etc`;
      const { ledger, events, driver } = outcomeOf(agent);
      expect(ledger).toMatchObject({ kind: "not-observed", cause: "not-counted" });
      const operations = driver.operations.reduce((sum, { count }) => sum + count, 0);
      expect(events === undefined ? undefined : known(events)).toBeLessThan(operations / 2);
      expect(summary.ledger.some((row) => row.agent === agent)).toBe(false);
      expect(summary.coverage.find((gap) => gap.agent === agent)?.why).toMatch(/not counted/);
    },
  );

  test("all of the sensor's policies at once report an operation that one of them names", (context) => {
    skipWhere(context);
    const { ledger } = outcomeOf("sensor@policy");
    expect(ledger).toMatchObject({ kind: "counted" });
  });

  test("a rule that the kernel refuses fails its own turn, in auditctl's words", (context) => {
    skipWhere(context);
    expect(trialsOf("auditd@policy-refused")[0]?.outcome).toMatchObject({
      kind: "failed",
      stage: "start",
      message: expect.stringMatching(/auditctl -a always,exit .*dir=\/not\/there.*No such file/) as string,
    });
  });

  test("each has a row: what it costs and how many events it raised", (context) => {
    skipWhere(context);
    expect(summary.policies?.map(({ of, part, rule }) => `${of} ${rule ?? part}`).toSorted()).toEqual([
      "auditd all-opens",
      "auditd etc",
      "auditd none",
      "sensor all",
      "sensor etc",
      "sensor opens",
    ]);
  });

  test("what is not followed is said, and the node is as it was", (context) => {
    skipWhere(context);
    expect(run.stderr).toMatch(/not followed: .*x\.rules:4: -e 2: /);
    expect(auditState()).toBe(before);
    expect(lines.flatMap((line) => (line.type === "turn" ? line.leftovers : []))).toEqual([]);
  });
});

describe("what is refused before anything is started", () => {
  test.each([
    [
      "a policy that is not there",
      ["--policy", "auditd=/not/there"],
      /cannot read the policy \/not\/there: ENOENT/,
    ],
    [
      "what kills",
      ["--policy", `sensor=${file("deny.yaml", "deny: { file: { paths: [/etc/shadow] } }\n")}`],
      /deny\.yaml:1: it kills or refuses/,
    ],
    [
      "an agent that is not chosen",
      ["--agents", "sensor", "--policy", `auditd=${file("y.rules", RULES)}`],
      /--agents does not name auditd/,
    ],
    ["an agent that takes none", ["--policy", "strace=x"], /strace takes no policy/],
    [
      "what the sensor refuses",
      ["--policy", `sensor=${file("bad.yaml", "file: { paths: [etc] }\n")}`],
      /bad\.yaml: the sensor refuses it: .*etc/,
    ],
  ])("%s", (_, args, said) => {
    const { status, stderr } = tare(["run", "--dry-run", ...args]);
    expect(stderr).toMatch(said);
    expect(status).toBe(2);
  });

  test("what kills is planned where it is allowed", () => {
    const { status, stdout } = tare([
      "run",
      "--dry-run",
      "--enforcing",
      "--json",
      "--policy",
      `sensor=${join(folder, "deny.yaml")}`,
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      plan: { enforcing: true, agents: ["baseline", "sensor@policy"] },
    });
  });
});
