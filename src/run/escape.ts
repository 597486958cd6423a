/** Agents that leave the cgroup that tare made for them: what the kernel accounts there is then too little, and no figure. */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { AgentCgroup } from "../observe/cgroup.ts";
import { StageFailure } from "./context.ts";

/** `inside`: the processes that were found in it. Throws when one of the agent's own still runs and is not among them. */
export const refuseIfEscaped = (
  agent: Agent,
  running: RunningAgent,
  cgroup: AgentCgroup,
  inside: readonly number[],
  stage: string,
): void => {
  const [folder] = cgroup.folders;
  // A service's or a container's cgroup is not of tare's making.
  if (folder === undefined || running.controlGroup !== undefined) return;
  const escaped = running.processes.find(
    (process) => process.exit() === undefined && !inside.includes(process.pid),
  );
  if (escaped === undefined) return;
  throw new StageFailure(
    stage,
    `${agent.id} (pid ${escaped.pid}) has left the cgroup ${folder}, so what it takes is not known`,
  );
};
