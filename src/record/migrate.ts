/**
 * Records from before a field was written get it as they are read. Nothing else in tare knows the conventions by which older records said the
 * same: names of agents, and sentences of the run.
 */
import type { AgentRole, CountedLosses, Injects } from "../domain/agent.ts";
import type { OperationResult } from "../domain/driver.ts";
import { BASELINE } from "../domain/plan.ts";
import type { RecordLine, TrialLine, TurnLine } from "../domain/record.ts";
import type { AgentStatus, Header } from "../domain/run-header.ts";
import type { LedgerReading, NotObserved } from "../domain/trial-outcome.ts";
import { missing, value } from "../domain/units.ts";

export const migrate = (line: RecordLine): RecordLine => {
  if (line.type === "header") return withHeader(line);
  if (line.type === "turn") return withCrash(line);
  return line.type === "trial" ? withCrash(withReadings(withTimedEvery(withDrain(withCause(line))))) : line;
};

/** From this schema on the counters are read around the window alone, and the header says whom the user named. */
const WINDOW_ALONE = 3;

const withHeader = (recorded: Header): Header => {
  const header = withForeign(recorded);
  const withRoles = header.agents.map(withRole);
  if (header.schema >= WINDOW_ALONE) return { ...header, agents: withRoles };
  const named = namedIn(header.command);
  const agents = withRoles
    .map(withCounter)
    .map((agent) => (named(agent.id) ? { ...agent, named: true as const } : agent));
  const { budgetDeclared = header.plan.budgetSource !== DEFAULT_SOURCE } = header.plan;
  return { ...header, agents, plan: { ...header.plan, budgetDeclared } };
};

const FOREIGN = /^clean baseline: (.*) was there from the start \(--allow-foreign\)$/s;

/** Only a sentence of what cannot be measured told of other sensors. */
const withForeign = (header: Header): Header => {
  const sensors = header.notMeasurable.flatMap((text) => FOREIGN.exec(text)?.[1] ?? []);
  return header.foreignSensors !== undefined || sensors.length === 0
    ? header
    : { ...header, foreignSensors: sensors };
};

const DEFAULT_SOURCE = "tare's default (declare your own with --budget FILE)";

/** Only the command line told whom the user had named. */
const namedIn = (command: readonly string[]): ((id: string) => boolean) => {
  const names = command.flatMap((word, index) => {
    if (word.startsWith("--agents=")) return word.slice("--agents=".length).split(",");
    return word === "--agents" ? (command[index + 1] ?? "").split(",") : [];
  });
  return (id) => names.some((name) => id === name || id.startsWith(`${name}@`));
};

const NO_COUNTER =
  /^(?:acct|snoopy|fatrace|forkstat|sysdig|strace|baseline|osquery@bpf|calibration-(?!loss).*)(?:@|$)/;
const AUDIT = /^(?:auditd|laurel|osquery@(?!bpf).*)(?:@|$)/;

/** What the counters of the agents count that there were; one that is not known is taken to count events. */
const withCounter = (agent: AgentStatus): AgentStatus => {
  if (agent.lossCounter !== undefined || NO_COUNTER.test(agent.id)) return agent;
  const records = AUDIT.test(agent.id);
  return {
    ...agent,
    lossCounter: {
      unit: records ? "records" : "events",
      scope: "node",
      perEvent: records ? AUDIT_RECORDS : perEventOf(agent.id),
      span: "with-warm-up",
    },
  };
};

const AUDIT_RECORDS = {
  "process-exec": [1, 8],
  "file-open": [1, 5],
  "network-connect": [1, 4],
  "high-value": [1, 8],
} as const satisfies CountedLosses["perEvent"];

const perEventOf = (id: string): CountedLosses["perEvent"] => {
  const [name = ""] = id.split("@");
  switch (name) {
    case "tetragon":
    case "tracee":
      return { "process-exec": [1, 3], "high-value": [1, 3] };
    case "kubearmor":
      return { "process-exec": [1, 4], "file-open": [1, 4], "network-connect": [1, 4] };
    case "perf-trace":
      return { "process-exec": [1, 2], "file-open": [1, 2], "network-connect": [1, 2] };
    case "fapolicyd":
      return { "process-exec": [1, 4] };
  }
  return id === "execsnoop@bcc" ? { "process-exec": [1, 3] } : {};
};

/** Only the message told that a process of the agent had ended. */
const ENDED = /\(pid \d+\) ended by itself: (.*)$/s;

const withCrash = <T extends TrialLine | TurnLine>(line: T): T => {
  const { outcome } = line;
  if (outcome.kind !== "failed" || outcome.cause !== undefined) return line;
  const exit = ENDED.exec(outcome.message)?.[1];
  return exit === undefined ? line : { ...line, outcome: { ...outcome, cause: "crashed" as const, exit } };
};

type Older<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** The id of an agent said what it is. */
const withRole = (agent: Older<AgentStatus, "role">): AgentStatus => {
  if (agent.role !== undefined) return { ...agent, role: agent.role };
  const injects = injectsOf(agent.id);
  return { ...agent, role: roleOf(agent.id), ...(injects === undefined ? {} : { injects }) };
};

const roleOf = (id: string): AgentRole => {
  if (id === BASELINE) return "baseline";
  if (id.startsWith("calibration-")) return "calibration";
  return id.endsWith("@attached") ? "attached" : "sensor";
};

/** `calibration-cost@500` burned 500 ns, `calibration-loss@silent-10` discarded one event in 10. */
const injectsOf = (id: string): Injects | undefined => {
  const [name = "", variant = ""] = id.split("@");
  const amount = Number(/\d+$/.exec(variant)?.[0]);
  switch (name) {
    case "calibration-nothing":
      return { kind: "nothing" };
    case "calibration-cost":
      return Number.isNaN(amount) ? undefined : { kind: "cost", doseNs: amount };
    case "calibration-loss":
      return amount > 0 ? { kind: "loss", every: amount } : undefined;
    case "calibration-cpu":
      return { kind: "cpu" };
    case "calibration-memory":
      return { kind: "memory" };
  }
  return undefined;
};

const withCause = (trial: TrialLine): TrialLine => {
  const { outcome } = trial;
  if (outcome.kind !== "measured" || outcome.ledger.kind !== "not-observed") return trial;
  const ledger: Older<Extract<LedgerReading, { readonly kind: "not-observed" }>, "cause"> = outcome.ledger;
  const { cause = causeOf(ledger.why) } = ledger;
  return { ...trial, outcome: { ...outcome, ledger: { ...ledger, cause } } };
};

const causeOf = (why: string): NotObserved => {
  if (why.endsWith(" raises no event that a sensor is asked for")) return "no-events";
  return why.startsWith("not counted: ") ? "not-counted" : "by-design";
};

/** Where nothing was started, nothing was spent after the window; the first records called that missing. */
const withDrain = (trial: TrialLine): TrialLine => {
  const { agent, outcome } = trial;
  if (outcome.kind !== "measured" || agent !== "calibration-nothing") return trial;
  if (outcome.cpu.agentDrainNs.kind === "value") return trial;
  return { ...trial, outcome: { ...outcome, cpu: { ...outcome.cpu, agentDrainNs: value(0) } } };
};

type Measured = Extract<TrialLine["outcome"], { readonly kind: "measured" }>;
type Cpu = Measured["cpu"];
type Memory = Measured["memory"];

const NOT_READ = missing("not read before record schema 3");

/** The node's clock was in ticks, and the node and its helpers were read at the window's edges only. */
const withReadings = (trial: TrialLine): TrialLine => {
  const { outcome } = trial;
  if (outcome.kind !== "measured") return trial;
  const cpu: Older<Cpu, "clock" | "helpersDrainNs" | "nodeDrainNs"> = outcome.cpu;
  const memory: Older<Memory, "bpfMapMappedBytes"> = outcome.memory;
  return {
    ...trial,
    outcome: {
      ...outcome,
      cpu: { clock: "ticks", helpersDrainNs: NOT_READ, nodeDrainNs: NOT_READ, ...cpu },
      memory: { bpfMapMappedBytes: NOT_READ, ...memory },
    },
  };
};

/** The first drivers timed every operation. */
const withTimedEvery = (trial: TrialLine): TrialLine => {
  const { outcome } = trial;
  if (outcome.kind !== "measured") return trial;
  const timed: readonly Older<OperationResult, "timedEvery">[] = outcome.driver.operations;
  const operations = timed.map((operation) => ({ timedEvery: 1, ...operation }));
  return { ...trial, outcome: { ...outcome, driver: { ...outcome.driver, operations } } };
};
