/** What the agents of a run are: asked of the record's header, never read out of a name. */
import type { Injects } from "./agent.ts";
import type { AgentStatus } from "./record.ts";

export type Roles = readonly Pick<AgentStatus, "id" | "role" | "injects">[];

export const isCalibration = (agents: Roles, id: string): boolean =>
  agents.some((agent) => agent.id === id && agent.role === "calibration");

/** Undefined for every agent that is not there to be measured for what it injects. */
export const injectedBy = (agents: Roles, id: string): Injects | undefined =>
  agents.find((agent) => agent.id === id)?.injects;
