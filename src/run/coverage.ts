/** What an agent cannot see of a scenario by design, asked before anything is counted. */
import type { Agent, DesignGap, Workload } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import { type Scenario, viewOf } from "../domain/scenario.ts";

type Observer = Pick<Agent, "observes" | "coverage">;
type Observed = Pick<Scenario, "id" | "emits" | "techniques">;

/** Undefined where the agent is not asked for any of the scenario's events. */
export const workloadFor = (
  agent: Pick<Agent, "observes">,
  scenario: Observed,
  filesOn: Plan["filesOn"],
): Workload | undefined => {
  const view = viewOf(agent, scenario);
  return view === undefined || scenario.emits === undefined
    ? undefined
    : { scenario: scenario.id, family: view.family, emits: scenario.emits, filesOn };
};

/** Undefined where it sees every event, and where it is not asked for any. */
export const gapIn = (
  agent: Observer,
  scenario: Observed,
  filesOn: Plan["filesOn"],
): DesignGap | undefined => {
  const workload = workloadFor(agent, scenario, filesOn);
  return workload === undefined ? undefined : agent.coverage.gapFor?.(workload);
};

export const seesAnyOf = (agent: Observer, scenario: Observed, filesOn: Plan["filesOn"]): boolean =>
  viewOf(agent, scenario) !== undefined && gapIn(agent, scenario, filesOn)?.extent !== "all";
