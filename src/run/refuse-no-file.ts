/** Events are counted in files: of a pipe only one reader gets them, and a device such as /dev/null keeps none. */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { StageFailure } from "./context.ts";

/** An output that is not there yet may become a file. */
export const refuseNoFile = async (
  host: Pick<Host, "fileKind">,
  agent: Pick<Agent, "id" | "costOnly">,
  { outputs }: Pick<RunningAgent, "outputs">,
): Promise<void> => {
  if (agent.costOnly === true) return;
  for (const { path } of outputs) {
    const kind = known(await host.fileKind(path)) ?? "file";
    if (kind === "file") continue;
    throw new StageFailure(
      "start",
      `${agent.id}: its events are looked for in ${path}, which is a ${kind}, and they are counted in files only: let it write one, or a program copy into one`,
    );
  }
};
