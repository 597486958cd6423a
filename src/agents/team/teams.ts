/** Agents that follow policies of their users, by their names. */
import { teamAuditd } from "./auditd.ts";
import { teamFalco } from "./falco.ts";
import { teamOsquery } from "./osquery.ts";
import type { TeamAgent } from "./policy.ts";
import { teamSensor } from "./sensor.ts";
import { teamTetragon } from "./tetragon.ts";
import { teamTracee } from "./tracee.ts";

export const TEAMS: ReadonlyMap<string, TeamAgent> = new Map(
  [teamAuditd, teamFalco, teamOsquery, teamSensor, teamTetragon, teamTracee].map((team) => [team.id, team]),
);
