/** Which processes are an agent's: those in its cgroup; without one, those that its own started, by parentage and by the mark that they hand on. */
import type { Host } from "../domain/host.ts";
import { agentPids } from "../observe/cgroup.ts";
import type { StartedAgent } from "./start-agent.ts";

type Whose = Pick<StartedAgent, "running" | "cgroup">;

export const ownPids = async (host: Host, { running, cgroup }: Whose): Promise<readonly number[]> => {
  const roots = running.processes.map(({ pid }) => pid);
  if (cgroup.folders.length > 0) return await agentPids(host, cgroup, roots);
  // What forks twice has another parent.
  return await agentPids(host, cgroup, [...new Set([...roots, ...(await markedBy(running))])]);
};

/** All that bears the mark of one of the agent's own. */
export const markedBy = async ({ processes }: Whose["running"]): Promise<readonly number[]> => {
  const found: number[] = [];
  for (const { marked } of processes) found.push(...((await marked?.()) ?? []));
  return found;
};
