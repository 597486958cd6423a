/** Which of the wanted agents run on this node, why the others do not, and what each does not see of the workloads by design. */
import type { Agent } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
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
): Promise<readonly AgentStatus[]> =>
  await Promise.all(
    agents.map(async (agent): Promise<AgentStatus> => {
      const { id, title, role, injects, observes, coverage, overload } = agent;
      const blindTo = scenarios.flatMap((scenario) => {
        const gap = gapIn(agent, scenario, filesOn);
        return gap === undefined ? [] : [{ scenario: scenario.id, ...gap }];
      });
      const sheet = {
        id,
        title,
        role,
        ...(injects === undefined ? {} : { injects }),
        observes,
        blindSpots: coverage.notes,
        overload,
        ...(blindTo.length === 0 ? {} : { blindTo }),
      };
      const probe = await agent.probe(host);
      return probe.kind === "available"
        ? { ...sheet, status: "measured", version: probe.version, reason: null, hint: null }
        : { ...sheet, status: "skipped", version: null, reason: probe.reason, hint: probe.hint };
    }),
  );
