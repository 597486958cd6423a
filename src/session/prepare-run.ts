/** Settings -> plan: which of the wanted agents run on this node, by which workloads, judged by which budgets. Starts nothing. */
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import { MIN_TAIL_BLOCKS } from "../domain/neighbour.ts";
import { everyTrialIn, type Plan, type TeamCommand } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import type { Scenario } from "../domain/scenario.ts";
import { MIN_BLOCKS } from "../analyse/interval.ts";
import { isEmulated } from "../host/emulation.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { readTimeoutScale } from "../host/timeout-scale.ts";
import { durationsOf, type Forecast, forecastOf, secondsOf } from "../plan/duration.ts";
import { type Profile, PROFILES } from "../plan/profiles.ts";
import { lackingPrograms } from "../run/command-tree.ts";
import { loadAgentFiles } from "./agent-files.ts";
import { findAttached, type AttachedAgent } from "./attached.ts";
import { readBudgets } from "./budgets.ts";
import {
  chosenAgents,
  chosenScenarios,
  chosenSizes,
  chosenTechniques,
  leftOut,
  namedAgents,
  namedTests,
  rungsOf,
} from "./chosen.ts";
import { teamCommands, withCommands } from "./commands.ts";
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
    asIs,
  }: Partial<Pick<Plan, "agentFiles" | "attached" | "policies">> & {
    readonly enforcing?: boolean;
    readonly asIs?: boolean;
  },
): Promise<KnownAgents> => {
  const shipped = await session.agents();
  const custom = await loadAgentFiles(session.host, agentFiles, shipped);
  const policies = await loadPolicies(session.host, given, enforcing);
  const attached = await findAttached(session, targets, shipped, { asIs: asIs === true });
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
  readonly forecast: Forecast;
  readonly leftOut: readonly string[];
  readonly agents: KnownAgents;
  readonly scenarios: ReadonlyMap<string, Scenario>;
}

/** @throws TareError `usage` for a name, a file or a target that cannot be used */
export const prepareRun = async (session: Session, given: RunSettings): Promise<PreparedRun> => {
  const { filesOn, agentFile = [], attach = [], asIs = false, policy = [], enforcing = false } = given;
  const settings =
    given.ladder === true ? { ...given, agents: rungsOf(given.agents, await session.agents()) } : given;
  const profile = PROFILES[settings.profile];
  const ownScenarios = await session.scenarios();
  const commands = teamCommands(settings.command ?? [], process.cwd(), [...ownScenarios.keys()]);
  const allScenarios = withCommands(ownScenarios, commands);
  const budgets = await readBudgets(session.host, settings.budget, [...allScenarios.keys()]);
  const known = await knownAgents(session, {
    agentFiles: agentFile,
    attached: attach,
    policies: policy,
    enforcing,
    asIs,
  });
  // What takes part by an option of its own may be named too.
  const names = settings.agents?.filter((name) => !known.added.some(({ id }) => id === name));
  const chosen = choosePolicies(known.policies, names, settings.eachPolicy === true);
  const wanted = [...shippedBy(names, profile, known, chosen), ...chosen.agents, ...known.added];
  for (const { of, leftOut } of known.policies) {
    const rules = chosen.together.find((one) => one.of === of)?.rules;
    session.tell({ kind: "policy", of, leftOut, ...(rules === undefined ? {} : { together: rules }) });
  }
  const emulated = await isEmulated(session.host);
  const { workloads, tests } = namedTests(namedScenarios(settings.scenarios, commands), allScenarios);
  const isUsual = workloads === undefined && profile.underLoad !== undefined;
  const isLoad = tests !== undefined || isUsual;
  const scenarios =
    settings.coverage === "alone" || workloads?.length === 0
      ? []
      : chosenScenarios(workloads, allScenarios, wanted, profile, emulated).filter(
          // Beside a service is measured against a node without the agent.
          ({ beside }) => !asIs || workloads !== undefined || beside === undefined,
        );
  const sizes = settings.scale === undefined ? [] : chosenSizes(settings.scale, session.host.cpus.length);
  if (sizes.length > 0) refuseWithSizes(settings, scenarios);
  const ofLoad = isLoad ? [...allScenarios.values()].filter(({ represents }) => represents === true) : [];
  const observed = [...new Set([...scenarios, ...ofLoad])];
  const isCostless = isUsual || (isLoad && scenarios.length === 0);
  if (asIs) refuseCost(settings, scenarios, isLoad);
  if (isCostless) refuseBudget(settings);
  for (const scenario of scenarios) {
    const lacking = await lackingPrograms(session.host, scenario);
    if (lacking !== undefined) session.tell({ kind: "scenario-skipped", scenario: scenario.id, ...lacking });
  }
  const techniques =
    (settings.coverage ?? profile.triesTechniques) ? chosenTechniques(settings.techniques) : [];
  const named = new Set([
    ...namedAgents(chosen.others, profile, known.shipped).map(({ id }) => id),
    ...[...chosen.agents, ...known.added].map(({ id }) => id),
  ]);
  const statuses = await probeAgents(session, wanted, { scenarios: observed, filesOn }, named);
  const measured = new Set(statuses.flatMap(({ id, status }) => (status === "measured" ? [id] : [])));
  const plan = buildPlan({
    ...lengthOf(settings),
    ...(isCostless ? withoutCost(settings, profile, scenarios) : budgets),
    seed: settings.seed ?? Date.now() % 2 ** 31,
    profile,
    agents: wanted.filter(({ id }) => measured.has(id)),
    scenarios,
    ...(isLoad ? { underLoad: tests ?? "usual", workloads: ofLoad } : {}),
    emulated,
    ...(sizes.length === 0 ? {} : { ...UNJUDGED, sizes }),
    overflow: settings.backpressure === true,
    techniques: techniques.map(({ id }) => id),
    watch: {
      ...(settings.blocks === undefined ? {} : { blocks: settings.blocks }),
      ...(settings.watch === undefined ? {} : { seconds: settings.watch }),
    },
    agentFiles: agentFile,
    attached: attach,
    ...(asIs ? { asIs: true as const } : {}),
    policies: policy,
    commands,
    ...(enforcing ? { enforcing: true } : {}),
    filesOn,
  });
  if (isLoad) refuseNothing(plan);
  const takesLong = scenarios.some(({ secondsEach }) => secondsEach !== undefined);
  if (known.policies.length > 0 || takesLong) tellFewBlocks(session, plan, emulated, MIN_BLOCKS);
  if (everyTrialIn(plan).some(({ beside }) => beside !== undefined))
    tellFewBlocks(session, plan, emulated, MIN_TAIL_BLOCKS, { tails: true });
  const forecast = forecastOf(plan, emulated, readTimeoutScale());
  const least = secondsOf(forecast) - forecast.parts.watched;
  if (least > (plan.timeBudgetSeconds ?? Infinity))
    session.tell({ kind: "short-budget", seconds: secondsOf(forecast) });
  return {
    plan,
    statuses,
    forecast,
    leftOut: known.policies.length > 0 ? [] : leftOut(settings.agents, known.shipped).map(({ id }) => id),
    agents: known,
    scenarios: allScenarios,
  };
};

/** Without a workload whose cost is told there is nothing that a budget limits. */
const withoutCost = (
  { blocks, timeBudget }: RunSettings,
  { underLoad, timeBudgetSeconds, blocks: usual }: Profile,
  scenarios: readonly Scenario[],
) =>
  ({
    blocks: scenarios.length === 0 ? 0 : (blocks ?? usual),
    stop: "fixed",
    budgets: [],
    budgetSource: "none: no cost is measured",
    budgetDeclared: false,
    // A profile's time is for what it does, and not for what is named beside it.
    timeBudgetSeconds: timeBudget ?? (underLoad === undefined ? undefined : timeBudgetSeconds),
  }) as const;

/** @throws TareError `usage` */
const refuseBudget = ({ budget }: RunSettings): void => {
  if (budget === undefined) return;
  throw new TareError(
    "usage",
    `--budget ${budget}: no cost is measured in this run`,
    "name a workload beside with --scenarios, such as process-exec, or leave the budget out",
  );
};

/** @throws TareError `usage` where what is asked for needs a node without the agent */
export const refuseCost = (
  { attach = [], backpressure }: Pick<RunSettings, "attach" | "backpressure">,
  scenarios: readonly Scenario[],
  isLoad: boolean,
): void => {
  if (attach.length === 0)
    throw new TareError("usage", "--as-is: nothing is attached to", "name what runs here with --attach");
  const timed = scenarios.find(({ watch }) => watch === undefined);
  const asked =
    timed?.id ??
    (backpressure === true ? "--backpressure" : isLoad || scenarios.length > 0 ? undefined : "a cost");
  if (asked === undefined) return;
  throw new TareError(
    "usage",
    `--as-is: ${asked} needs a node without ${attach.join(" and ")}, which is never stopped`,
    "--profile load, or --scenarios knee-exec,at-rest, measure its load and its losses",
  );
};

/** A budget is for the node as it is. */
const UNJUDGED = { budgets: [], budgetSource: "none: no cost of the node as it is is measured" } as const;

/** @throws TareError `usage` for what makes no sense at several sizes */
const refuseWithSizes = ({ budget }: RunSettings, scenarios: readonly Scenario[]): void => {
  if (budget !== undefined)
    throw new TareError(
      "usage",
      `--budget ${budget}: a budget is for the node as it is, and --scale measures others`,
      "leave one of them out",
    );
  const unfit = scenarios.find(({ beside, watch }) => beside !== undefined || watch !== undefined);
  if (unfit !== undefined || scenarios.length === 0)
    throw new TareError(
      "usage",
      `--scale: ${unfit === undefined ? "no workload is named" : `${unfit.id} is not timed in blocks`}`,
      "name workloads such as --scenarios file-open",
    );
};

/** @throws TareError `usage` where none of the agents that run here observes what is asked for */
const refuseNothing = ({ blocks, load = [], watches = [], agents, scenarios }: Plan): void => {
  if (blocks.length + load.length + watches.length > 0) return;
  const [, ...measured] = agents;
  throw new TareError(
    "usage",
    measured.length === 0
      ? "there is no agent to put under load"
      : `none of ${measured.join(", ")} can be put under the load that is asked for${scenarios.length === 0 ? "" : ` (${scenarios.join(", ")})`}`,
    "`tare agents` tells what runs here and what each observes; name others with --agents",
  );
};

/** A run with commands and no names is about the commands; with names, about both. */
const namedScenarios = (
  names: readonly string[] | undefined,
  commands: readonly TeamCommand[],
): readonly string[] | undefined =>
  commands.length === 0 ? names : [...(names ?? []), ...commands.map(({ id }) => id)];

/** A run with policies and no names is about the policies; beside them it proves itself as any other. */
const shippedBy = (
  names: readonly string[] | undefined,
  profile: Profile,
  { shipped, added, policies }: KnownAgents,
  { others = [] }: ChosenPolicies,
): readonly Agent[] => {
  if (names?.length === 0 && added.length > 0) return [];
  if (policies.length === 0) return chosenAgents(names, profile, shipped);
  const wanted = names === undefined ? profile.calibration : others;
  return wanted.length === 0 ? [] : chosenAgents(wanted, profile, shipped);
};

/** A turn for each rule, a command of seconds, and a service in several settings fill a block: a profile's time has room for few of them. */
const tellFewBlocks = (
  { tell }: Session,
  plan: Plan,
  emulated: boolean,
  least: number,
  of: { readonly tails?: true } = {},
): void => {
  const { block, afterwards, watches, blocksWithin } = durationsOf(plan, emulated, readTimeoutScale());
  const fitting = blocksWithin(block);
  if (fitting >= Math.min(least, plan.blocks.length)) return;
  const others = afterwards + (PROFILES[plan.profile].underLoad === undefined ? 0 : watches);
  tell({ kind: "few-blocks", fitting, least, seconds: Math.ceil(least * block + others), ...of });
};
