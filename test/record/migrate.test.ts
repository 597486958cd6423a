/** Records from before a field existed get what they said in other ways. */
import { expect, test } from "vitest";
import type { RecordLine, TrialLine } from "../../src/domain/record.ts";
import type { Header } from "../../src/domain/run-header.ts";
import type { LedgerReading } from "../../src/domain/trial-outcome.ts";
import { missing, value } from "../../src/domain/units.ts";
import { migrate } from "../../src/record/migrate.ts";
import { buildRecord } from "../analyse/support/record-builder.ts";

const AGENTS = [
  "falco",
  "falco@attached",
  "calibration-nothing",
  "calibration-cost@0",
  "calibration-cost@2000",
  "calibration-loss@silent-10",
  "calibration-cpu",
  "calibration-memory",
];

const lines = buildRecord({ blocks: 1, agents: AGENTS });

const headerIn = (all: readonly RecordLine[]): Header => {
  const [header] = all;
  if (header?.type !== "header") throw new Error("a record begins with its header");
  return header;
};

/** As tare wrote it before. */
const older = (header: Header): RecordLine =>
  JSON.parse(
    JSON.stringify(header, (key, item: unknown) => (key === "role" || key === "injects" ? undefined : item)),
  ) as RecordLine;

test("an agent's id said what it is and what it injects", () => {
  const { agents } = headerIn([migrate(older(headerIn(lines)))]);
  expect(agents.map(({ id, role, injects }) => [id, role, injects])).toEqual([
    ["baseline", "baseline", undefined],
    ["falco", "sensor", undefined],
    ["falco@attached", "attached", undefined],
    ["calibration-nothing", "calibration", { kind: "nothing" }],
    ["calibration-cost@0", "calibration", { kind: "cost", doseNs: 0 }],
    ["calibration-cost@2000", "calibration", { kind: "cost", doseNs: 2000 }],
    ["calibration-loss@silent-10", "calibration", { kind: "loss", every: 10 }],
    ["calibration-cpu", "calibration", { kind: "cpu" }],
    ["calibration-memory", "calibration", { kind: "memory" }],
  ]);
});

test("what a header says itself stands, whatever the id is", () => {
  const header = headerIn(lines);
  const agents = header.agents.map((agent) => ({ ...agent, id: `calibration-${agent.id}` }));
  expect(migrate({ ...header, agents })).toEqual({ ...header, agents });
});

test("only a sentence told of other sensors that were there from the start", () => {
  const header = headerIn(lines);
  const notMeasurable = [
    "clean baseline: falco (pid 7) was there from the start (--allow-foreign)",
    "kprobes: not available here",
  ];
  expect(headerIn([migrate({ ...header, notMeasurable })]).foreignSensors).toEqual(["falco (pid 7)"]);
  expect(headerIn([migrate({ ...header, notMeasurable: [] })]).foreignSensors).toBeUndefined();
  const told = { ...header, notMeasurable, foreignSensors: ["another"] };
  expect(headerIn([migrate(told)]).foreignSensors).toEqual(["another"]);
});

const trialOf = (agent: string): TrialLine => {
  const trial = lines.find((line) => line.type === "trial" && line.agent === agent);
  if (trial?.type !== "trial") throw new Error(`${agent} has no trial`);
  return trial;
};

const withLedger = (ledger: object): RecordLine => {
  const trial = trialOf("falco");
  if (trial.outcome.kind !== "measured") throw new Error("the builder measures every trial");
  return { ...trial, outcome: { ...trial.outcome, ledger: ledger as LedgerReading } };
};

test.each([
  ["syscall-tax raises no event that a sensor is asked for", "no-events"],
  ["falco does not observe file events by design", "by-design"],
  ["not counted: the output is out of reach", "not-counted"],
] as const)("a sentence said why nothing was observed: %s", (why, cause) => {
  expect(migrate(withLedger({ kind: "not-observed", why }))).toMatchObject({
    outcome: { ledger: { kind: "not-observed", why, cause } },
  });
  const written = withLedger({ kind: "not-observed", why, cause: "not-counted" });
  expect(migrate(written)).toEqual(written);
});

test("an agent that starts nothing spent nothing after the window, and no other is given that", () => {
  const drainOf = (agent: string): unknown => {
    const trial = trialOf(agent);
    if (trial.outcome.kind !== "measured") throw new Error("the builder measures every trial");
    const cpu = { ...trial.outcome.cpu, agentDrainNs: missing("nothing was started") };
    const line = migrate({ ...trial, outcome: { ...trial.outcome, cpu } });
    return line.type === "trial" && line.outcome.kind === "measured"
      ? line.outcome.cpu.agentDrainNs
      : undefined;
  };
  expect(drainOf("calibration-nothing")).toEqual(value(0));
  expect(drainOf("falco")).toEqual(missing("nothing was started"));
  expect(drainOf("baseline")).toEqual(missing("nothing was started"));
});

test("what was not read before schema 3 is missing, and the node's clock was in ticks", () => {
  const trial = trialOf("falco");
  if (trial.outcome.kind !== "measured") throw new Error("the builder measures every trial");
  const { clock: _clock, helpersDrainNs: _helpers, nodeDrainNs: _node, ...cpu } = trial.outcome.cpu;
  const { bpfMapMappedBytes: _mapped, ...memory } = trial.outcome.memory;
  const older = JSON.parse(
    JSON.stringify({ ...trial, outcome: { ...trial.outcome, cpu, memory } }),
  ) as RecordLine;
  const notRead = missing("not read before record schema 3");
  expect(migrate(older)).toEqual({
    ...trial,
    outcome: {
      ...trial.outcome,
      cpu: { ...cpu, clock: "ticks", helpersDrainNs: notRead, nodeDrainNs: notRead },
      memory: { ...memory, bpfMapMappedBytes: notRead },
    },
  });
  expect(migrate(trial)).toEqual(trial);
});

/** As a header of the first method was written. */
const olderHeader = (change: Partial<Header> = {}, ids: readonly string[] = []): Header => {
  const header = headerIn(lines);
  const [first] = header.agents;
  if (first === undefined) throw new Error("the builder's header has agents");
  const agents = ids.map((id) => ({ ...first, id }));
  const { budgetDeclared: _declared, ...plan } = header.plan;
  return { ...header, schema: 2, method: "tare-2026.1", plan, agents, ...change };
};

const migratedHeader = (header: Header): Header => {
  const line = migrate(header);
  if (line.type !== "header") throw new Error("a header stays one");
  return line;
};

test("an older agent's counter is known by its id: what it counts, and that it saw the warm-up", () => {
  const { agents } = migratedHeader(
    olderHeader({}, [
      "auditd@dropping",
      "osquery@watchdog",
      "osquery@bpf",
      "bpftrace@everything",
      "strace",
      "own",
    ]),
  );
  expect(agents.map(({ lossCounter }) => [lossCounter?.unit, lossCounter?.perEvent["file-open"]])).toEqual([
    ["records", [1, 5]],
    ["records", [1, 5]],
    [undefined, undefined],
    ["events", undefined],
    [undefined, undefined],
    ["events", undefined],
  ]);
  expect(agents[0]?.lossCounter?.span).toBe("with-warm-up");
});

test("whom the user named and whether a budget was declared was told by the command alone", () => {
  const command = ["tare", "run", "--agents", "auditd,own"];
  const { agents, plan } = migratedHeader(olderHeader({ command }, ["auditd@dropping", "own", "strace"]));
  expect(agents.map(({ named }) => named)).toEqual([true, true, undefined]);
  expect(plan.budgetDeclared).toBe(true);
  const byDefault = olderHeader();
  const budgetSource = "tare's default (declare your own with --budget FILE)";
  const { plan: usual } = migratedHeader({ ...byDefault, plan: { ...byDefault.plan, budgetSource } });
  expect(usual.budgetDeclared).toBe(false);
});

test("that an agent had crashed was told by a sentence", () => {
  const outcome = { kind: "failed", stage: "in the window", lastLines: [] } as const;
  const message = "falco (pid 12) ended by itself: killed by SIGSEGV";
  expect(migrate({ ...trialOf("falco"), outcome: { ...outcome, message } })).toMatchObject({
    outcome: { cause: "crashed", exit: "killed by SIGSEGV" },
  });
  const other = { ...trialOf("falco"), outcome: { ...outcome, message: "falco reported no sentinel" } };
  expect(migrate(other)).toEqual(other);
});
