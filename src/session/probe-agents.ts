/** Which of the wanted agents run on this node, why the others do not, and what each does not see of the workloads by design. */
import type { Agent, CountedLosses, LossCounter } from "../domain/agent.ts";
import { blindSpotsOf } from "../domain/claim.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import { type Scenario, viewOf } from "../domain/scenario.ts";
import { gapIn } from "../run/coverage.ts";
import type { Session } from "./session.ts";

export interface Workloads {
  readonly scenarios: readonly Scenario[];
  readonly filesOn: Plan["filesOn"];
}

export const probeAgents = async (
  { host }: Pick<Session, "host">,
  agents: readonly Agent[],
  { scenarios, filesOn }: Workloads,
  named: ReadonlySet<string> = new Set(),
): Promise<readonly AgentStatus[]> =>
  await Promise.all(
    agents.map(async (agent): Promise<AgentStatus> => {
      const { id, title, role, injects, observes, coverage, overload, knob, policy, sink } = agent;
      const blindTo = scenarios.flatMap((scenario) => {
        const gap = gapIn(agent, scenario, filesOn);
        return gap === undefined ? [] : [{ scenario: scenario.id, ...gap }];
      });
      const { lossCounter } = agent;
      const sheet = {
        id,
        title,
        role,
        ...(injects === undefined ? {} : { injects }),
        ...(knob === undefined ? {} : { knob }),
        observes,
        blindSpots: [...blindSpotsOf(coverage)],
        overload,
        ...(lossCounter === undefined ? {} : { lossCounter: countedBy(agent, lossCounter, scenarios) }),
        ...(policy === undefined ? {} : { policy }),
        ...(sink === undefined ? {} : { sink }),
        ...(named.has(id) ? { named: true as const } : {}),
        ...(blindTo.length === 0 ? {} : { blindTo }),
      };
      const probe = await agent.probe(host);
      return probe.kind === "available"
        ? { ...sheet, status: "measured", version: probe.version, reason: null, hint: null }
        : { ...sheet, status: "skipped", version: null, reason: probe.reason, hint: probe.hint };
    }),
  );

const countedBy = (
  agent: Agent,
  { unit, scope, perEvent = {} }: LossCounter,
  scenarios: readonly Scenario[],
): CountedLosses => ({
  unit,
  scope,
  perEvent: Object.fromEntries(
    scenarios.flatMap((scenario) => {
      const family = viewOf(agent, scenario)?.family;
      const range = family === undefined ? undefined : perEvent[family];
      return range === undefined ? [] : [[scenario.id, range]];
    }),
  ),
  span: "window",
});
