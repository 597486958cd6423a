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
  workloads: Workloads,
): Promise<readonly AgentStatus[]> =>
  await Promise.all(
    agents.map(async (agent): Promise<AgentStatus> => {
      const probe = await agent.probe(host);
      const sheet = sheetOf(agent, workloads);
      return probe.kind === "available"
        ? { ...sheet, status: "measured", version: probe.version, reason: null, hint: null }
        : { ...sheet, status: "skipped", version: null, reason: probe.reason, hint: probe.hint };
    }),
  );

const sheetOf = (
  agent: Agent,
  { scenarios, filesOn }: Workloads,
): Omit<AgentStatus, "status" | "version" | "reason" | "hint"> => {
  const { id, title, role, injects, observes, coverage, overload } = agent;
  const blindTo = scenarios.flatMap((scenario) => {
    const gap = gapIn(agent, scenario, filesOn);
    return gap === undefined ? [] : [{ scenario: scenario.id, ...gap }];
  });
  return {
    id,
    title,
    role,
    ...(injects === undefined ? {} : { injects }),
    observes,
    blindSpots: coverage.notes,
    overload,
    ...(blindTo.length === 0 ? {} : { blindTo }),
  };
};
