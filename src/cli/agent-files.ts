/** Agents from files of the user's own (`--agent-file`), beside those of the folder. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { customAgent } from "../agents/custom/agent.ts";
import { readCustomAgent } from "../agents/custom/read.ts";
import type { Agent } from "../domain/agent.ts";
import { TareError, messageOf } from "../domain/errors.ts";

const DIGEST_DIGITS = 8;

/**
 * The agents of these files, in their order.
 *
 * @throws TareError `usage` naming file and line of the first fault, or the file that cannot be read
 */
export const loadAgentFiles = async (
  files: readonly string[],
  agents: ReadonlyMap<string, Agent>,
): Promise<readonly Agent[]> => {
  const loaded: Agent[] = [];
  for (const file of files) {
    const taken = [...agents.keys(), ...loaded.map(({ id }) => id)];
    const text = await readAgentFile(file);
    const digest = createHash("sha256").update(text).digest("hex").slice(0, DIGEST_DIGITS);
    const origin = { file, here: dirname(resolve(file)), digest };
    loaded.push(customAgent(readCustomAgent(text, file, taken), origin));
  }
  return loaded;
};

const readAgentFile = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new TareError(
      "usage",
      `cannot read the agent file ${file}: ${messageOf(error)}`,
      "give the path of a YAML file; see docs/custom-agents.md",
      { cause: error },
    );
  }
};

/** For an option that may be given more than once. */
export const collected = (value: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  value,
];
