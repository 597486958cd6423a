/** Settings -> plan: which of the wanted agents run on this node, by which workloads, judged by which budgets. Starts nothing. */
import type { Agent } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import { isEmulated } from "../host/emulation.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { readTimeoutScale } from "../host/timeout-scale.ts";
import { forecastSeconds } from "../plan/duration.ts";
import { PROFILES } from "../plan/profiles.ts";
import { loadAgentFiles } from "./agent-files.ts";
import { findAttached, type AttachedAgent } from "./attached.ts";
import { readBudgets } from "./budgets.ts";
import { chosenAgents, chosenScenarios, leftOut, namedAgents } from "./chosen.ts";
import { probeAgents } from "./probe-agents.ts";
import type { Session } from "./session.ts";
import { lengthOf, type RunSettings } from "./settings.ts";

export interface KnownAgents {
  /** Those of the folder. */
  readonly shipped: ReadonlyMap<string, Agent>;
  /** From files, and services that are attached to. */
  readonly added: readonly Agent[];
  readonly attached: readonly AttachedAgent[];
  readonly all: ReadonlyMap<string, Agent>;
}

/** Every agent that a run may name. */
export const knownAgents = async (
  session: Session,
  agentFiles: readonly string[],
  targets: readonly string[],
): Promise<KnownAgents> => {
  const shipped = await session.agents();
  const custom = await loadAgentFiles(session.host, agentFiles, shipped);
  const attached = await findAttached(session, targets, shipped);
  const added = [...custom, ...attached.map(({ agent }) => agent)];
  return {
    shipped,
    added,
    attached,
    all: new Map([...shipped, ...added.map((agent) => [agent.id, agent] as const)]),
  };
};

export interface PreparedRun {
  readonly plan: Plan;
  readonly statuses: readonly AgentStatus[];
  readonly forecastSeconds: number;
  readonly leftOut: readonly string[];
  readonly agents: KnownAgents;
  readonly scenarios: ReadonlyMap<string, Scenario>;
}

/** @throws TareError `usage` for a name, a file or a target that cannot be used */
export const prepareRun = async (session: Session, settings: RunSettings): Promise<PreparedRun> => {
  const { filesOn, agentFile = [], attach = [] } = settings;
  const profile = PROFILES[settings.profile];
  const allScenarios = await session.scenarios();
  const budgets = await readBudgets(session.host, settings.budget, [...allScenarios.keys()]);
  const known = await knownAgents(session, agentFile, attach);
  const wanted = [...chosenAgents(settings.agents, profile, known.shipped), ...known.added];
  const emulated = await isEmulated(session.host);
  const scenarios = chosenScenarios(settings.scenarios, allScenarios, wanted, profile, emulated);
  const named = new Set([
    ...namedAgents(settings.agents, profile, known.shipped).map(({ id }) => id),
    ...known.added.map(({ id }) => id),
  ]);
  const statuses = await probeAgents(session, wanted, { scenarios, filesOn }, named);
  const measured = new Set(statuses.flatMap(({ id, status }) => (status === "measured" ? [id] : [])));
  const plan = buildPlan({
    ...lengthOf(settings),
    ...budgets,
    seed: settings.seed ?? Date.now() % 2 ** 31,
    profile,
    agents: wanted.filter(({ id }) => measured.has(id)),
    scenarios,
    emulated,
    overflow: settings.backpressure === true,
    agentFiles: agentFile,
    attached: attach,
    filesOn,
  });
  return {
    plan,
    statuses,
    forecastSeconds: forecastSeconds(plan, emulated, readTimeoutScale()),
    leftOut: leftOut(settings.agents, known.shipped).map(({ id }) => id),
    agents: known,
    scenarios: allScenarios,
  };
};
