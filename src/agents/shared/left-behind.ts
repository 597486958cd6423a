/** Paths that an agent creates in fixed places and does not always remove. */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";

const exists = async (host: Host, path: string): Promise<boolean> =>
  (await host.fileSize(path)).kind === "value" || (await host.list(path)).length > 0;

/**
 * Removes the paths after the agent's end, except those that existed before: they are the owner's. Call it before the agent is started, so
 * that it is undone afterwards.
 */
export const removeAfterwards = async (
  host: Host,
  context: AgentContext,
  who: string,
  paths: readonly string[],
): Promise<void> => {
  const ours: string[] = [];
  for (const path of paths) if (!(await exists(host, path))) ours.push(path);
  if (ours.length === 0) return;
  await context.effects.perform({
    kind: "command",
    title: `what ${who} leaves in ${ours.join(", ")}`,
    do: ["true"],
    undo: [["rm", "-rf", "--", ...ours]],
  });
};
