/** Every agent with its status on this node, as data and as lines for a terminal. */
import type { Agent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import type { Family } from "../domain/units.ts";
import { displayWidth, padEnd, singleLine, wrap } from "../report/width.ts";

export interface AgentEntry {
  readonly id: string;
  readonly title: string;
  readonly homepage: string;
  readonly observes: readonly Family[];
  readonly blindSpots: readonly string[];
  readonly overload: Agent["overload"];
  /** Why a run that names no agents leaves it out; null: it takes part. */
  readonly optIn: string | null;
  readonly status: "available" | "unavailable";
  readonly version: string | null;
  readonly path: string | null;
  /** Why it cannot run here. */
  readonly reason: string | null;
  /** What to do about it. */
  readonly hint: string | null;
}

export const entryOf = async (agent: Agent, host: Host): Promise<AgentEntry> => {
  const { id, title, homepage, observes, coverage, overload } = agent;
  const sheet = {
    id,
    title,
    homepage,
    observes,
    blindSpots: coverage.notes,
    overload,
    optIn: agent.optIn ?? null,
  };
  const probe = await agent.probe(host);
  return probe.kind === "available"
    ? { ...sheet, status: probe.kind, version: probe.version, path: probe.path, reason: null, hint: null }
    : { ...sheet, status: probe.kind, version: null, path: null, reason: probe.reason, hint: probe.hint };
};

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
const familiesOf = ({ observes }: AgentEntry): string => observes.join(",");

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
