/** Which of the wanted agents run on this node, why the others do not, and what each does not see of the workloads by design. */
import type { Agent } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import { blindnessTo } from "../run/blindness.ts";
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
  const { id, title, role = "sensor", injects, observes, blindSpots, overload } = agent;
  const blindTo = scenarios.flatMap((scenario) => {
    const blindness = blindnessTo(agent, scenario, filesOn);
    return blindness === undefined ? [] : [{ scenario: scenario.id, ...blindness }];
  });
  return {
    id,
    title,
    role,
    ...(injects === undefined ? {} : { injects }),
    observes,
    blindSpots,
    overload,
    ...(blindTo.length === 0 ? {} : { blindTo }),
  };
};
