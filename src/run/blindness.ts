/** What an agent cannot see of a scenario by design, asked before anything is counted. */
import type { Agent, Blindness } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { Scenario } from "../domain/scenario.ts";

/** Undefined where it sees every event, and where it is not asked for any. */
export const blindnessTo = (
  agent: Pick<Agent, "observes" | "blindTo">,
  scenario: Pick<Scenario, "id" | "family">,
  filesOn: Plan["filesOn"],
): Blindness | undefined => {
  const { id, family } = scenario;
  if (family === undefined || !agent.observes.includes(family)) return undefined;
  return agent.blindTo?.({ scenario: id, family, filesOn });
};

/** Whether there is anything in the scenario for the agent to tell of. */
export const seesAnyOf = (
  agent: Pick<Agent, "observes" | "blindTo">,
  scenario: Pick<Scenario, "id" | "family">,
  filesOn: Plan["filesOn"],
): boolean =>
  scenario.family !== undefined &&
  agent.observes.includes(scenario.family) &&
  blindnessTo(agent, scenario, filesOn)?.extent !== "all";
