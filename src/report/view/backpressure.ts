/** What each agent does when it cannot keep up, and whether it admits it. */
import type { BackpressureRow, OverloadBehaviour } from "../../domain/backpressure.ts";
import type { RunView } from "../../domain/run-view.ts";
import { formatCount, formatNumberOf } from "../format.ts";
import { backpressureText, contradictionText } from "../words/backpressure.ts";
import type { Block, Cell } from "./section.ts";
import {
  absent,
  agent,
  alarm,
  banner,
  count,
  figures,
  heading,
  key,
  note,
  onPage,
  right,
  table,
  text,
  value,
} from "./section.ts";

const behaviourTitle = (behaviour: OverloadBehaviour): string => {
  switch (behaviour) {
    case "keeps-up":
      return "keeps up";
    case "drops":
      return "drops";
    case "blocks":
      return "blocks";
    case "blocks-and-drops":
      return "blocks and drops";
  }
};

/** With nothing lost and nothing waiting, the buffers were too large to overflow: nothing is known. */
const forcedTitle = ({ forced }: BackpressureRow): string => {
  if (forced === null) return "not forced";
  return forced.behaviour === "keeps-up" ? "no overflow" : behaviourTitle(forced.behaviour);
};

const figureCells = ({ forced }: BackpressureRow): readonly Cell[] => {
  if (forced === null) return Array.from({ length: 4 }, () => absent("not forced"));
  const { operations, delivered, declaredLost, silentLost, longestStallMs } = forced;
  return [
    figures(`${formatCount(operations - delivered)} of ${formatCount(operations)}`),
    declaredLost === null ? absent("no counter could be read") : count(declaredLost),
    silentLost === null
      ? absent("it does not see every event by design")
      : silentLost > 0
        ? alarm(formatCount(silentLost))
        : // An agent that declares more than is missing is silent about nothing.
          count(0),
    value(longestStallMs * 1e6, "ns"),
  ];
};

const contradictionOf = ({ contradiction }: BackpressureRow): string | undefined =>
  contradiction === null ? undefined : contradictionText(contradiction);

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** Nothing where no overflow was tried. */
export const backpressureBlocks = ({ overflow }: RunView): readonly Block[] => {
  if (overflow.length === 0) return [];
  const broken = overflow.filter(({ contradiction }) => contradiction !== null);
  return [
    heading("Forced overflow", "no part of any cost"),
    onPage(
      note(
        "Once for each agent and kind of event, beside the measured load: the processes that read its events are stopped, its buffers are as small as they can be set, and the workload goes on. What overflows must be lost or must wait.",
      ),
    ),
    ...(broken.length === 0
      ? []
      : [
          banner(
            `${formatNumberOf(broken.length, "overflow")} contradicted the agent's data sheet: ${[...new Set(broken.map(({ agent }) => agent))].join(", ")}.`,
            true,
          ),
        ]),
    table(
      "Forced overflows: what was lost, what the agent declared of it, and how long an operation had to wait",
      [
        key("agent"),
        { title: "scenario", expendable: 1 },
        "forced",
        right("lost", 3),
        right("declared", 2),
        right("silent"),
        right("longest wait", 4),
        { title: "under load", expendable: 5 },
        { title: "data sheet", expendable: 6 },
        { title: "notes", terminal: "below", on: ["terminal"] },
      ],
      overflow.map((row) => [
        agent(row.agent),
        text(row.scenario),
        row.contradiction === null ? text(forcedTitle(row)) : alarm(forcedTitle(row)),
        ...figureCells(row),
        row.underLoad === null ? absent("no trial") : text(behaviourTitle(row.underLoad.behaviour)),
        row.promised === null ? absent("not recorded") : text(row.promised),
        text(row.forced === null ? backpressureText(row) : (contradictionOf(row) ?? "")),
      ]),
    ),
    {
      kind: "list",
      on: ["page", "markdown"],
      items: overflow.map((row) => {
        const contradiction = contradictionOf(row);
        return {
          agent: row.agent,
          text: `${row.agent}, ${row.scenario}: ${backpressureText(row)}.${contradiction === undefined ? "" : ` ${capitalised(contradiction)}.`}`,
          isAlarm: contradiction !== undefined,
        };
      }),
    },
  ];
};
