/** What is counted, as a plan: a block is a boot, with its baseline before and behind the agent. */
import type { Agent } from "../domain/agent.ts";
import { BASELINE, type Block, type Plan, type Trial, type Turn } from "../domain/plan.ts";
import { type Load, type Scenario, viewOf } from "../domain/scenario.ts";

export interface CountRequest {
  readonly agents: readonly Pick<Agent, "id" | "observes">[];
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  /** Operations of each trial in place of the scenario's own number. */
  readonly operations: number | undefined;
}

export type CountedPlan = Pick<Plan, "agents" | "scenarios" | "blocks">;

export type Ids = Iterator<string, string>;

/** A round of techniques is not cut. */
const UNIT = 10;

export const loadOf = ({ id, counted }: Scenario, operations: number | undefined): Load => {
  if (counted === undefined) throw new RangeError(`${id} has no load to be counted`);
  return operations === undefined
    ? counted
    : { ...counted, batchOperations: Math.max(1, Math.ceil(operations / counted.batches / UNIT) * UNIT) };
};

export const countPlan = ({ agents, scenarios, seeds, operations }: CountRequest, ids: Ids): CountedPlan => {
  const trialsFor = (agent: Pick<Agent, "observes">): readonly Trial[] =>
    scenarios
      .filter((scenario) => viewOf(agent, scenario) !== undefined)
      .map((scenario) => ({
        id: ids.next().value,
        scenario: scenario.id,
        load: loadOf(scenario, operations),
        placement: "pinned",
      }));
  const turnsOf = (agent: CountRequest["agents"][number]): readonly Turn[] => [
    { agent: BASELINE, baseline: 1, trials: [...trialsFor(agent)] },
    { agent: agent.id, trials: [...trialsFor(agent)] },
    { agent: BASELINE, baseline: 2, trials: [...trialsFor(agent)] },
  ];
  const blocks = agents.flatMap((agent) => seeds.map(() => turnsOf(agent)));
  return {
    agents: [BASELINE, ...agents.map(({ id }) => id)],
    scenarios: scenarios.map(({ id }) => id),
    blocks: blocks.map((turns, index): Block => ({ index, turns: [...turns] })),
  };
};

/** Whose boot a block is. */
export const agentOf = ({ turns }: Block): string =>
  turns.find(({ agent }) => agent !== BASELINE)?.agent ?? BASELINE;
