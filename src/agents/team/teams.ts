/** Agents that follow policies of their users, by their names. */
import { teamAuditd } from "./auditd.ts";
import type { TeamAgent } from "./policy.ts";
import { teamSensor } from "./sensor.ts";

export const TEAMS: ReadonlyMap<string, TeamAgent> = new Map(
  [teamAuditd, teamSensor].map((team) => [team.id, team]),
);
