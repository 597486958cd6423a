/** Flags of `tare count` -> what is to be counted. */
import type { Agent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Scenario } from "../../domain/scenario.ts";
import { viewOf } from "../../domain/scenario.ts";
import { type Architecture, listOf, parseArchitecture } from "../../machines/guests.ts";
import { choose, chosenAgents } from "../../session/chosen.ts";
import { parseDuration } from "../flags.ts";

/** As commander hands them over. */
export interface CountFlags {
  readonly arch: string;
  readonly agents: readonly string[];
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
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  readonly operations: number | undefined;
  readonly memoryMegabytes: number | undefined;
  /** An image in place of Debian's. */
  readonly kernel: string | undefined;
  readonly timeoutMs: number;
}

export const canBeCounted = ({ inGuest }: Agent): boolean => inGuest !== undefined;

export const countSettings = (
  flags: CountFlags,
  agents: ReadonlyMap<string, Agent>,
  scenarios: ReadonlyMap<string, Scenario>,
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
  const chosen = chosenAgents(flags.agents, { calibration: [] }, agents);
  for (const agent of chosen) {
    if (!canBeCounted(agent))
      throw new TareError(
        "usage",
        `--agents ${agent.id}: it cannot be counted`,
        `its file does not say how it starts in a guest without Node; those of ${[...agents.values()]
          .filter(canBeCounted)
          .map(({ id }) => id)
          .join(", ")} do`,
      );
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
    scenarios: chosenScenarios,
    seeds: Array.from({ length: flags.seeds }, (_, index) => index + 1),
    operations: flags.operations,
    memoryMegabytes: flags.memory,
    kernel: flags.kernel,
    timeoutMs: parseDuration("--time-limit", flags.timeLimit) * 1000,
  };
};
