/** One trial whose instructions were counted -> one number a metric. */
import { BASELINE } from "../domain/plan.ts";
import { type Reading, missing, value } from "../domain/units.ts";
import type { InstructionTrial } from "./effective-record.ts";
import { total } from "./ledger.ts";
import { type Blindness, perEventOf } from "./per-event.ts";
import type { Observation } from "./series.ts";

/** By its own account, for the events of the window: in it and afterwards. */
const agentTotal = ({ agent, agentAfterwards }: InstructionTrial["outcome"]): Reading<number> => {
  if (agent.kind === "missing") return agent;
  return agentAfterwards.kind === "missing" ? agentAfterwards : value(agent.value + agentAfterwards.value);
};

/** All that was done in the window, and what the agent and kernel threads still did for it. Missing where what the agent did is. */
const all = ({ agent, outcome }: InstructionTrial): Reading<number> => {
  if (agent !== BASELINE && outcome.agent.kind === "missing") return outcome.agent;
  const threads = total(Object.values(outcome.kernelThreadsAfterwards), (spent) => spent);
  const own = agent === BASELINE ? value(0) : outcome.agentAfterwards;
  return own.kind === "missing" ? own : value(outcome.instructions + threads + own.value);
};

export const observeInstructions = (trial: InstructionTrial, agents: Blindness): readonly Observation[] => {
  const { operation, operations, workload, median } = trial.outcome;
  const each = (reading: Reading<number>): Reading<number> => {
    if (reading.kind === "missing") return reading;
    return operations === 0 ? missing("no operation was done") : value(reading.value / operations);
  };
  const perEvent = perEventOf(trial, agents);
  return [
    {
      operation,
      metric: "instructions",
      reading: perEvent?.kind === "missing" ? perEvent : each(all(trial)),
      ...(perEvent?.kind === "value" ? { perEvent: perEvent.value } : {}),
    },
    { operation, metric: "instructions-p50", reading: median },
    { operation, metric: "workload-instructions", reading: each(value(workload)) },
    ...(trial.agent === BASELINE
      ? []
      : [{ operation, metric: "agent-instructions", reading: each(agentTotal(trial.outcome)) } as const]),
  ];
};
