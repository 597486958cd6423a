/** Flags of `tare count` -> what is to be counted. */
import type { Agent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Scenario } from "../../domain/scenario.ts";
import { viewOf } from "../../domain/scenario.ts";
import { type Architecture, listOf, parseArchitecture } from "../../machines/guests.ts";
import { choose, chosenAgents } from "../../session/chosen.ts";
import { choosePolicies, type TeamPolicies } from "../../session/policies.ts";
import { parseDuration } from "../flags.ts";

/** As commander hands them over. */
export interface CountFlags {
  readonly arch: string;
  readonly agents?: readonly string[];
  readonly agentFile?: readonly string[];
  readonly policy?: readonly string[];
  readonly scenarios?: readonly string[];
  readonly seeds: number;
  readonly operations?: number;
  readonly jobs?: number;
  readonly memory?: number;
  readonly kernel?: string;
  readonly timeLimit: string;
  readonly out?: string;
  readonly report?: string;
  readonly setup: boolean;
}

export interface CountSettings {
  readonly architectures: readonly Architecture[];
  readonly agents: readonly Agent[];
  /** Named with others by one name. */
  readonly leftOut: readonly { readonly id: string; readonly why: string }[];
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  readonly operations: number | undefined;
  readonly memoryMegabytes: number | undefined;
  /** An image in place of Debian's. */
  readonly kernel: string | undefined;
  readonly timeoutMs: number;
}

const canBeCounted = ({ inGuest }: Agent): boolean => inGuest !== undefined;

/** Beside the agents of the folder, what the user brings. */
export interface Brought {
  /** From agents' files. */
  readonly custom: readonly Agent[];
  readonly policies: readonly TeamPolicies[];
}

const NOTHING_BROUGHT: Brought = { custom: [], policies: [] };

const USUAL = ["sensor"];

/** Without names, what the user brings is what the count is about. */
const wantedAgents = (
  names: readonly string[] | undefined,
  agents: ReadonlyMap<string, Agent>,
  { custom, policies }: Brought,
): readonly Agent[] => {
  // An agent of a file takes part anyway, and may be named too.
  const ours = names?.filter((name) => !custom.some(({ id }) => id === name));
  const { agents: chosen, others } = choosePolicies(policies, ours, false);
  const isAlone = custom.length + policies.length > 0 && names === undefined;
  const shipped = isAlone ? [] : (others ?? USUAL);
  return [
    ...(shipped.length === 0 ? [] : chosenAgents(shipped, { calibration: [] }, agents)),
    ...chosen,
    ...custom,
  ];
};

const whyNot = ({ notInGuest }: Agent): string =>
  notInGuest ?? "its file does not say how it starts in a guest without Node";

/** What a name stands for besides is left out and said; what is named itself, or alone, is refused. */
const countableOf = (
  wanted: readonly Agent[],
  names: readonly string[],
  agents: Iterable<Agent>,
): Pick<CountSettings, "agents" | "leftOut"> => {
  const [can, cannot] = [wanted.filter(canBeCounted), wanted.filter((agent) => !canBeCounted(agent))];
  const refused = cannot.find(({ id }) => can.length === 0 || names.includes(id));
  if (refused === undefined)
    return { agents: can, leftOut: cannot.map((agent) => ({ id: agent.id, why: whyNot(agent) })) };
  throw new TareError(
    "usage",
    `--agents ${refused.id}: it cannot be counted: ${whyNot(refused)}`,
    `those that can: ${[...agents]
      .filter(canBeCounted)
      .map(({ id }) => id)
      .join(", ")}`,
  );
};

export const countSettings = (
  flags: CountFlags,
  agents: ReadonlyMap<string, Agent>,
  scenarios: ReadonlyMap<string, Scenario>,
  brought: Brought = NOTHING_BROUGHT,
): CountSettings => {
  const countable = new Map([...scenarios].filter(([, { counted }]) => counted !== undefined));
  const chosenScenarios = choose(
    "scenario",
    flags.scenarios,
    flags.scenarios === undefined ? countable : scenarios,
  );
  const uncounted = chosenScenarios.find(({ counted }) => counted === undefined);
  if (uncounted !== undefined)
    throw new TareError(
      "usage",
      `--scenarios ${uncounted.id}: its instructions cannot be counted`,
      `those of ${[...countable.keys()].join(", ")} can`,
    );
  const wanted = wantedAgents(flags.agents, agents, brought);
  const { agents: chosen, leftOut } = countableOf(wanted, flags.agents ?? [], agents.values());
  for (const agent of chosen) {
    if (!chosenScenarios.some((scenario) => viewOf(agent, scenario) !== undefined))
      throw new TareError(
        "usage",
        `--scenarios ${chosenScenarios.map(({ id }) => id).join(",")}: ${agent.id} observes none of them`,
        `it observes ${agent.observes.join(", ")}`,
      );
  }
  const architectures = listOf("--arch", flags.arch, parseArchitecture);
  if (flags.kernel !== undefined && architectures.length > 1)
    throw new TareError(
      "usage",
      `--kernel ${flags.kernel}: one image cannot be of ${architectures.join(" and ")}`,
      "count one architecture at a time",
    );
  return {
    architectures,
    agents: chosen,
    leftOut,
    scenarios: chosenScenarios,
    seeds: Array.from({ length: flags.seeds }, (_, index) => index + 1),
    operations: flags.operations,
    memoryMegabytes: flags.memory,
    kernel: flags.kernel,
    timeoutMs: parseDuration("--time-limit", flags.timeLimit) * 1000,
  };
};
