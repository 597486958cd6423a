/** Agents from the user's own files (`--agent-file`), beside those of the folder. */
import { dirname, resolve } from "node:path";
import { customAgent } from "../agents/custom/agent.ts";
import { readCustomAgent } from "../agents/custom/read.ts";
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { shortDigest } from "./digest.ts";

/**
 * The agents of these files, in their order.
 *
 * @throws TareError `usage` naming file and line of the first fault, or the file that cannot be read
 */
export const loadAgentFiles = async (
  host: Pick<Host, "readText">,
  files: readonly string[],
  agents: ReadonlyMap<string, Agent>,
): Promise<readonly Agent[]> => {
  const loaded: Agent[] = [];
  for (const file of files) {
    const taken = [...agents.keys(), ...loaded.map(({ id }) => id)];
    const text = await host.readText(file);
    if (text.kind === "missing") {
      throw new TareError(
        "usage",
        `cannot read the agent file ${file}: ${text.reason}`,
        "give the path of a YAML file; see docs/custom-agents.md",
      );
    }
    const digest = shortDigest([text.value]);
    const origin = { file, here: dirname(resolve(file)), digest };
    loaded.push(customAgent(readCustomAgent(text.value, file, taken), origin));
  }
  return loaded;
};
