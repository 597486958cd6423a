/** Settings -> plan: which of the wanted agents run on this node, by which workloads, judged by which budgets. Starts nothing. */
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import { MIN_BLOCKS } from "../analyse/interval.ts";
import { isEmulated } from "../host/emulation.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { readTimeoutScale } from "../host/timeout-scale.ts";
import { durationsOf, forecastSeconds } from "../plan/duration.ts";
import { type Profile, PROFILES } from "../plan/profiles.ts";
import { loadAgentFiles } from "./agent-files.ts";
import { findAttached, type AttachedAgent } from "./attached.ts";
import { readBudgets } from "./budgets.ts";
import { chosenAgents, chosenScenarios, leftOut, namedAgents, namedTests } from "./chosen.ts";
import { choosePolicies, type ChosenPolicies, loadPolicies, type TeamPolicies } from "./policies.ts";
import { probeAgents } from "./probe-agents.ts";
import type { Session } from "./session.ts";
import { lengthOf, type RunSettings } from "./settings.ts";

export interface KnownAgents {
  /** Those of the folder. */
  readonly shipped: ReadonlyMap<string, Agent>;
  /** From files, teams' own policies, and services that are attached to. */
  readonly added: readonly Agent[];
  readonly attached: readonly AttachedAgent[];
  readonly policies: readonly TeamPolicies[];
  readonly all: ReadonlyMap<string, Agent>;
}

/** Every agent that a run may name. */
export const knownAgents = async (
  session: Session,
  {
    agentFiles = [],
    attached: targets = [],
    policies: given = [],
    enforcing = false,
  }: Partial<Pick<Plan, "agentFiles" | "attached" | "policies">> & { readonly enforcing?: boolean },
): Promise<KnownAgents> => {
  const shipped = await session.agents();
  const custom = await loadAgentFiles(session.host, agentFiles, shipped);
  const policies = await loadPolicies(session.host, given, enforcing);
  const attached = await findAttached(session, targets, shipped);
  const added = [...custom, ...attached.map(({ agent }) => agent)];
  const every = [...added, ...policies.flatMap(({ agents }) => agents)];
  return {
    shipped,
    added,
    attached,
    policies,
    all: new Map([...shipped, ...every.map((agent) => [agent.id, agent] as const)]),
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
  const { filesOn, agentFile = [], attach = [], policy = [], enforcing = false } = settings;
  const profile = PROFILES[settings.profile];
  const allScenarios = await session.scenarios();
  const budgets = await readBudgets(session.host, settings.budget, [...allScenarios.keys()]);
  const known = await knownAgents(session, {
    agentFiles: agentFile,
    attached: attach,
    policies: policy,
    enforcing,
  });
  const chosen = choosePolicies(known.policies, settings.agents, settings.eachPolicy === true);
  const wanted = [...shippedBy(settings, profile, known, chosen), ...chosen.agents, ...known.added];
  for (const { of, leftOut } of known.policies) {
    const rules = chosen.together.find((one) => one.of === of)?.rules;
    session.tell({ kind: "policy", of, leftOut, ...(rules === undefined ? {} : { together: rules }) });
  }
  const emulated = await isEmulated(session.host);
  const { workloads, tests } = namedTests(settings.scenarios, allScenarios);
  const isLoad = tests !== undefined || (workloads === undefined && profile.underLoad === true);
  const scenarios =
    isLoad && (workloads ?? []).length === 0
      ? []
      : chosenScenarios(workloads, allScenarios, wanted, profile, emulated);
  const ofLoad = isLoad ? [...allScenarios.values()].filter(({ represents }) => represents === true) : [];
  const observed = [...new Set([...scenarios, ...ofLoad])];
  refuseBudget(settings, scenarios);
  const named = new Set([
    ...namedAgents(chosen.others, profile, known.shipped).map(({ id }) => id),
    ...[...chosen.agents, ...known.added].map(({ id }) => id),
  ]);
  const statuses = await probeAgents(session, wanted, { scenarios: observed, filesOn }, named);
  const measured = new Set(statuses.flatMap(({ id, status }) => (status === "measured" ? [id] : [])));
  const plan = buildPlan({
    ...lengthOf(settings),
    ...(scenarios.length === 0 ? withoutBlocks(settings, profile) : budgets),
    seed: settings.seed ?? Date.now() % 2 ** 31,
    profile,
    agents: wanted.filter(({ id }) => measured.has(id)),
    scenarios,
    ...(isLoad ? { underLoad: tests ?? "usual", workloads: ofLoad } : {}),
    emulated,
    overflow: settings.backpressure === true,
    agentFiles: agentFile,
    attached: attach,
    policies: policy,
    ...(enforcing ? { enforcing: true } : {}),
    filesOn,
  });
  refuseNothing(plan);
  if (known.policies.length > 0) tellFewBlocks(session, plan, emulated);
  return {
    plan,
    statuses,
    forecastSeconds: forecastSeconds(plan, emulated, readTimeoutScale()),
    leftOut: known.policies.length > 0 ? [] : leftOut(settings.agents, known.shipped).map(({ id }) => id),
    agents: known,
    scenarios: allScenarios,
  };
};

/** Without a workload to repeat there is no cost, and nothing that a budget limits. */
const withoutBlocks = ({ timeBudget }: RunSettings, { underLoad, timeBudgetSeconds }: Profile) =>
  ({
    blocks: 0,
    stop: "fixed",
    budgets: [],
    budgetSource: "none: no cost is measured",
    // A profile's time is for what it does, and not for what is named beside it.
    timeBudgetSeconds: timeBudget ?? (underLoad === true ? timeBudgetSeconds : undefined),
  }) as const;

/** @throws TareError `usage` */
const refuseBudget = ({ budget }: RunSettings, scenarios: readonly Scenario[]): void => {
  if (budget === undefined || scenarios.length > 0) return;
  throw new TareError(
    "usage",
    `--budget ${budget}: no cost is measured in this run`,
    "name a workload beside with --scenarios, such as process-exec, or leave the budget out",
  );
};

/** @throws TareError `usage` where none of the agents that run here observes what is asked for */
const refuseNothing = ({ blocks, load, agents, scenarios }: Plan): void => {
  if (blocks.length > 0 || (load ?? []).length > 0) return;
  const [, ...measured] = agents;
  throw new TareError(
    "usage",
    measured.length === 0
      ? "there is no agent to put under load"
      : `none of ${measured.join(", ")} can be put under the load that is asked for${scenarios.length === 0 ? "" : ` (${scenarios.join(", ")})`}`,
    "`tare agents` tells what runs here and what each observes; name others with --agents",
  );
};

/** A run with policies and no names is about the policies; beside them it proves itself as any other. */
const shippedBy = (
  { agents: names }: RunSettings,
  profile: Profile,
  { shipped, policies }: KnownAgents,
  { others = [] }: ChosenPolicies,
): readonly Agent[] => {
  if (policies.length === 0) return chosenAgents(names, profile, shipped);
  const wanted = names === undefined ? profile.calibration : others;
  return wanted.length === 0 ? [] : chosenAgents(wanted, profile, shipped);
};

/** A turn for each rule fills a block, so that a profile's time has room for few of them. */
const tellFewBlocks = ({ tell }: Session, plan: Plan, emulated: boolean): void => {
  const { block, afterwards, blocksWithin } = durationsOf(plan, emulated, readTimeoutScale());
  const fitting = blocksWithin(block);
  if (fitting >= Math.min(MIN_BLOCKS, plan.blocks.length)) return;
  tell({
    kind: "few-blocks",
    fitting,
    least: MIN_BLOCKS,
    seconds: Math.ceil(MIN_BLOCKS * block + afterwards),
  });
};
