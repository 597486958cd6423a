/** Every agent with its status on this node, as data and as lines for a terminal. */
import type { Agent } from "../domain/agent.ts";
import { blindSpotsOf } from "../domain/claim.ts";
import type { Host } from "../domain/host.ts";
import { displayWidth, padEnd, singleLine, wrap } from "../report/width.ts";

/** What is not there is null: the version and path of one that cannot run here, the reason and hint of one that can. */
export const entryOf = async (agent: Agent, host: Host) => {
  const { id, title, homepage, observes, coverage, overload, optIn = null } = agent;
  const { kind: status, ...found } = await agent.probe(host);
  return {
    id,
    title,
    homepage,
    observes,
    blindSpots: blindSpotsOf(coverage),
    overload,
    optIn,
    status,
    version: null,
    path: null,
    reason: null,
    hint: null,
    ...found,
  };
};

export type AgentEntry = Awaited<ReturnType<typeof entryOf>>;

const GAP = "  ";
const INDENT = "    ";
/** Below this a sentence is unreadable, and longer lines are the lesser evil. */
const NARROWEST = 36;

/** Agents that come with tare have no version. */
const statusOf = ({ status, version }: AgentEntry): string => {
  if (status === "unavailable") return "not here";
  return version !== null && /\d/.test(version) ? `ready, ${singleLine(version)}` : "ready";
};

/** Why not and what to do, a sentence each. */
const detailsOf = (entry: AgentEntry): readonly string[] => [
  ...(entry.reason === null ? [] : [singleLine(entry.reason)]),
  ...(entry.hint === null ? [] : [`-> ${singleLine(entry.hint)}`]),
  ...(entry.optIn === null ? [] : [`by name only: ${singleLine(entry.optIn)}`]),
];

/** Without spaces, so that a line has room for the status. */
const familiesOf = ({ observes }: AgentEntry): string => observes.join(",") || "nothing";

/** One entry after the other, each with its details below it; no line is wider than `columns` where there is room at all. */
export const agentLines = (entries: readonly AgentEntry[], columns: number): readonly string[] => {
  const header = ["agent", "observes", "status on this node"] as const;
  const widest = (cells: readonly string[]): number => Math.max(...cells.map(displayWidth));
  const idWidth = widest([header[0], ...entries.map(({ id }) => id)]);
  const familyWidth = widest([header[1], ...entries.map(familiesOf)]);
  const room = Math.max(NARROWEST, columns - INDENT.length);
  const line = (id: string, families: string, status: string): string =>
    `${padEnd(id, idWidth)}${GAP}${padEnd(families, familyWidth)}${GAP}${status}`;
  return [
    line(...header),
    ...entries.flatMap((entry) => [
      line(entry.id, familiesOf(entry), statusOf(entry)),
      ...detailsOf(entry).flatMap((detail) => wrap(detail, room).map((part) => INDENT + part)),
    ]),
  ];
};
