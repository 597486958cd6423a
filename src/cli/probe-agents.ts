/** Which of the wanted agents run on this node, and why the others do not. */
import type { Agent } from "../domain/agent.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { CliContext } from "./context.ts";

export const probeAgents = async (
  context: CliContext,
  agents: readonly Agent[],
): Promise<readonly AgentStatus[]> =>
  await Promise.all(
    agents.map(async (agent): Promise<AgentStatus> => {
      const { id, title, observes, blindSpots, overload } = agent;
      const probe = await agent.probe(context.host);
      return probe.kind === "available"
        ? {
            id,
            title,
            status: "measured",
            version: probe.version,
            reason: null,
            hint: null,
            observes,
            blindSpots,
            overload,
          }
        : {
            id,
            title,
            status: "skipped",
            version: null,
            reason: probe.reason,
            hint: probe.hint,
            observes,
            blindSpots,
            overload,
          };
    }),
  );
