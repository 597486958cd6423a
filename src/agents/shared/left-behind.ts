/** Paths that an agent creates in fixed places, or mounts something at, and does not always remove. */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { mountPoints } from "../../domain/mounts.ts";
import { known } from "../../domain/units.ts";

const exists = async (host: Host, path: string): Promise<boolean> =>
  (await host.fileSize(path)).kind === "value" || (await host.list(path)).length > 0;

/**
 * After the agent's end unmounts what it mounted at the paths or below them, and removes the paths, except those that existed before: they are
 * the owner's. Call it before the agent is started, so that it is undone afterwards.
 */
export const removeAfterwards = async (
  host: Host,
  context: AgentContext,
  who: string,
  paths: readonly string[],
): Promise<void> => {
  if (paths.length === 0) return;
  const mounts = mountPoints(known(await host.readText("/proc/self/mountinfo")) ?? "");
  const places = await Promise.all(
    paths.map(async (path) => ((await exists(host, path)) ? { path, mounts } : { path })),
  );
  await context.effects.perform({ kind: "leavings", who, places });
};
