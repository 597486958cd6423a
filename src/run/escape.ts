/** Agents that leave the cgroup that tare made for them: what the kernel accounts there is then too little, and no figure. */
import type { Agent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { agentPids } from "../observe/cgroup.ts";
import { markedBy } from "./agent-pids.ts";
import { StageFailure } from "./context.ts";
import type { StartedAgent } from "./start-agent.ts";

interface Escapable extends Pick<StartedAgent, "running" | "cgroup"> {
  readonly agent: Pick<Agent, "id">;
}

const failure = ({ agent, cgroup }: Escapable, pid: number, name: string, stage: string): StageFailure =>
  new StageFailure(
    stage,
    `${agent.id} (pid ${pid}${name}) has left the cgroup ${cgroup.folders[0]}, so what it takes is not known`,
  );

/** A service's or a container's cgroup is not of tare's making. */
const isOwnCgroup = ({ running, cgroup }: Escapable): boolean =>
  cgroup.folders.length > 0 && running.controlGroup === undefined;

/** `inside`: the processes that were found in it. Throws when one of the agent's own still runs and is not among them. */
export const refuseIfEscaped = (started: Escapable, inside: readonly number[], stage: string): void => {
  if (!isOwnCgroup(started)) return;
  const escaped = started.running.processes.find(
    (process) => process.exit() === undefined && !inside.includes(process.pid),
  );
  if (escaped !== undefined) throw failure(started, escaped.pid, "", stage);
};

/** The same of all that they started: a scope of systemd's, a container's monitor, a daemon that another supervisor takes over. */
export const refuseIfStrayed = async (host: Host, started: Escapable, stage: string): Promise<void> => {
  if (!isOwnCgroup(started)) return;
  const { running, cgroup } = started;
  const outside = async (): Promise<readonly number[]> => {
    const marked = await markedBy(running);
    // Asked afterwards, it holds whatever was there and stayed.
    const inside = new Set(marked.length === 0 ? [] : await agentPids(host, cgroup, []));
    return marked.filter((pid) => !inside.has(pid));
  };
  const first = await outside();
  // One that ended between the two looks is in neither.
  const stray = first.length === 0 ? undefined : (await outside()).find((pid) => first.includes(pid));
  if (stray === undefined) return;
  const name = known(await host.readText(`/proc/${stray}/comm`))?.trim();
  throw failure(started, stray, name === undefined ? "" : `, ${name}`, stage);
};
