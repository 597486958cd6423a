/** Which workloads a run is about: those named, or all that concern one of its agents. */
import type { Agent } from "../domain/agent.ts";
import type { Scenario } from "../domain/scenario.ts";
import { choose } from "./choose.ts";

/**
 * High-value events say little about an agent that was not set up to report them, so unless named they take part only where an agent
 * observes them.
 *
 * @throws TareError `usage` when a name is unknown
 */
export const chosenScenarios = (
  names: readonly string[] | undefined,
  scenarios: ReadonlyMap<string, Scenario>,
  agents: readonly Pick<Agent, "observes">[],
): readonly Scenario[] => {
  const isObserved = ({ emits }: Scenario): boolean =>
    emits?.family !== "high-value" || agents.some(({ observes }) => observes.includes("high-value"));
  const chosen = choose("scenario", names, scenarios);
  return names === undefined ? chosen.filter(isObserved) : chosen;
};
