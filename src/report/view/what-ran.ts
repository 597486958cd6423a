/** Which agents ran in each of several records, and where they did not; what an emulated one tells of an agent. */
import type { Comparison, Side } from "../../domain/comparison.ts";
import type { AgentStatus } from "../../domain/run-header.ts";
import { formatCount, formatNumberOf } from "../format.ts";
import { groupsBy, testedAgents } from "../select.ts";
import { list } from "../words/lists.ts";
import type { Cell } from "./section.ts";
import * as say from "./section.ts";

/** What an agent's probe said on the machine that wrote the page. */
export type StatusHere = Pick<AgentStatus, "id" | "status" | "reason">;

const ranIn = ({ view }: Side): readonly string[] =>
  testedAgents(view)
    .filter(({ measuredTrials }) => measuredTrials > 0)
    .map(({ id }) => id);

/** A reason up to its details: "it needs kprobes, and this kernel has none". */
const briefly = (id: string, reason: string | null): string =>
  reason === null ? id : `${id} (${reason.split(/[:;]/, 1)[0] ?? reason})`;

const reasonIn = ({ view }: Side, id: string): string | null =>
  view.agents.find((agent) => agent.id === id)?.reason ?? null;

/** A line a record, or one for all in which the same ran: "x86_64: 8 agents ran; not in aarch64: tcpconnect@libbpf (its program does not load)." */
export const whatRan = (
  { sides }: Pick<Comparison, "sides">,
  here: readonly StatusHere[] | undefined,
): readonly string[] =>
  groupsBy(sides, (side) => ranIn(side).join(" ")).map((alike) => {
    const [first] = alike;
    const ran = ranIn(first);
    const others = sides
      .filter((other) => !alike.includes(other))
      .flatMap((other) => {
        const alone = ran.filter((id) => !ranIn(other).includes(id));
        return alone.length === 0
          ? []
          : [`not in ${other.label}: ${alone.map((id) => briefly(id, reasonIn(other, id))).join(", ")}`];
      });
    const lacking = (here ?? []).filter(({ id, status }) => status === "skipped" && ran.includes(id));
    const parts = [
      `${list(alike.map(({ label }) => label))}: ${formatNumberOf(ran.length, "agent")} ran${alike.length > 1 ? " in each" : ""}`,
      ...others,
      ...(lacking.length === 0
        ? []
        : [`not on this machine: ${lacking.map(({ id, reason }) => briefly(id, reason)).join(", ")}`]),
    ];
    return `${parts.join("; ")}.`;
  });

/** Agents that no record measured and that nobody asked for by name: with the reason that the first record has. */
export const ranNowhere = (sides: readonly Side[]): ReadonlyMap<string, string | null> => {
  const [first, ...others] = sides;
  const isMissing = ({ view }: Side, id: string): boolean =>
    view.agents.every((agent) => agent.id !== id || (agent.status === "skipped" && agent.named !== true));
  const missing = (first?.view.agents ?? []).filter(
    ({ id, status, named }) =>
      status === "skipped" && named !== true && others.every((side) => isMissing(side, id)),
  );
  return new Map(missing.map(({ id, reason }) => [id, reason]));
};

export const ranNowhereText = (sides: readonly Side[]): readonly string[] => {
  const missing = [...ranNowhere(sides)].map(([id, reason]) => briefly(id, reason));
  return missing.length === 0 ? [] : [`Measured in none of these records: ${missing.join(", ")}.`];
};

/** What can be trusted of an agent on an emulated CPU: the events that it saw. */
export const seenCells = (agent: string, { view }: Side): readonly Cell[] => {
  const rows = view.ledger.filter((row) => row.agent === agent);
  const blind = view.coverage
    .filter((gap) => gap.agent === agent && gap.reason.kind !== "not-counted")
    .map(({ scenario }) => scenario);
  const operations = rows.reduce((sum, row) => sum + row.operations, 0);
  const delivered = rows.reduce((sum, row) => sum + row.delivered, 0);
  const seen =
    rows.length === 0
      ? say.absent("no events were counted")
      : delivered === operations
        ? say.figures(`saw all of ${formatNumberOf(operations, "event")}`)
        : say.alarm(`saw ${formatCount(delivered)} of ${formatNumberOf(operations, "event")}`);
  return [seen, ...say.when(blind.length > 0, say.text(`does not see ${list(blind)}`))];
};
