/** What an agent cannot see of a scenario by design, asked before anything is counted. */
import type { Agent, Blindness } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import { viewOf } from "../domain/scenario.ts";
import type { Scenario } from "../domain/scenario.ts";

/** Undefined where it sees every event, and where it is not asked for any. */
export const blindnessTo = (
  agent: Pick<Agent, "observes" | "blindTo">,
  scenario: Pick<Scenario, "id" | "family" | "techniques">,
  filesOn: Plan["filesOn"],
): Blindness | undefined => {
  const view = viewOf(agent, scenario);
  return view === undefined
    ? undefined
    : agent.blindTo?.({ scenario: scenario.id, family: view.family, filesOn });
};

/** Whether there is anything in the scenario for the agent to tell of. */
export const seesAnyOf = (
  agent: Pick<Agent, "observes" | "blindTo">,
  scenario: Pick<Scenario, "id" | "family" | "techniques">,
  filesOn: Plan["filesOn"],
): boolean =>
  viewOf(agent, scenario) !== undefined && blindnessTo(agent, scenario, filesOn)?.extent !== "all";
