/** An agent by the id that a user gives, variants included. */
import { join, resolve } from "node:path";
import type { Agent } from "../../src/domain/agent.ts";
import { loadFolder } from "../../src/host/load-folder.ts";

const agents = await loadFolder<Agent>(join(resolve(import.meta.dirname, "../.."), "src/agents"));

export const agentNamed = (id: string): Agent => {
  const agent = agents.get(id);
  if (agent === undefined) throw new Error(`there is no agent ${id}, only ${[...agents.keys()].join(", ")}`);
  return agent;
};
