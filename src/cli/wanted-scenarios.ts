/** Which workloads a run is about: those named, or all that somebody is asked for. */
import type { Agent } from "../domain/agent.ts";
import type { Scenario } from "../domain/scenario.ts";
import { choose } from "./context.ts";

/**
 * High-value events tell little of an agent that nobody asked for them, so unnamed they take part only where an agent picks them out.
 *
 * @throws TareError `usage` when the list names a scenario that there is not
 */
export const wantedScenarios = (
  list: string | undefined,
  scenarios: ReadonlyMap<string, Scenario>,
  agents: readonly Pick<Agent, "observes">[],
): readonly Scenario[] => {
  const isAsked = ({ emits }: Scenario): boolean =>
    emits?.family !== "high-value" || agents.some(({ observes }) => observes.includes("high-value"));
  const chosen = choose("scenario", list, scenarios);
  return list === undefined ? chosen.filter(isAsked) : chosen;
};
