/**
 * Records from before a field was written get it as they are read. Nothing else in tare knows the conventions by which older records said the
 * same: names of agents, and sentences of the run.
 */
import type { AgentRole, Injects } from "../domain/agent.ts";
import type { OperationResult } from "../domain/driver.ts";
import { BASELINE } from "../domain/plan.ts";
import type { AgentStatus, LedgerReading, NotObserved, RecordLine, TrialLine } from "../domain/record.ts";
import { missing, value } from "../domain/units.ts";

export const migrate = (line: RecordLine): RecordLine => {
  if (line.type === "header") return { ...line, agents: line.agents.map(withRole) };
  return line.type === "trial" ? withReadings(withTimedEvery(withDrain(withCause(line)))) : line;
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
