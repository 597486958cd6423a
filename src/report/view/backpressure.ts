/** What each agent does when it cannot keep up, and whether it admits it. */
import type { BackpressureRow, OverloadBehaviour } from "../../domain/backpressure.ts";
import type { RunView } from "../../domain/run-view.ts";
import { formatCount, formatNumberOf } from "../format.ts";
import { backpressureText, contradictionText } from "../words/backpressure.ts";
import type { Block, Cell } from "./section.ts";
import { isOutside, slowOutsideBlocks } from "./slow-outside.ts";
import * as say from "./section.ts";

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
  if (forced === null) return Array.from({ length: 4 }, () => say.absent("not forced"));
  const { operations, delivered, declaredLost, silentLost, longestStallMs } = forced;
  return [
    say.figures(`${formatCount(operations - delivered)} of ${formatCount(operations)}`),
    say.rangeOr(declaredLost, "no counter could be read"),
    say.rangeOr(silentLost, "without a counter, or where not every event is seen, it cannot be told", true),
    say.value(longestStallMs * 1e6, "ns"),
  ];
};

/** What of the outside was not tried is told beside its table. */
const isTold = ({ outside, notForced }: BackpressureRow): boolean =>
  outside === null || notForced?.kind !== "skipped";

const contradictionOf = ({ contradiction }: BackpressureRow): string | undefined =>
  contradiction === null ? undefined : contradictionText(contradiction);

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

export const backpressureBlocks = ({ overflow }: RunView): readonly Block[] => {
  if (overflow.length === 0) return [];
  const own = overflow.filter(({ outside }) => outside === null);
  const broken = overflow.filter(({ contradiction }) => contradiction !== null);
  return [
    say.heading("Forced overflow", "no part of any cost"),
    say.onPage(
      say.note(
        "Once for each agent and kind of event, beside the measured load: the processes that read its events are stopped, its buffers are as small as they can be set, and the workload goes on. What overflows must be lost or must wait.",
      ),
    ),
    ...say.when(
      broken.length > 0,
      say.banner(
        `${formatNumberOf(broken.length, "overflow")} contradicted the agent's data sheet: ${[...new Set(broken.map(({ agent }) => agent))].join(", ")}.`,
        true,
      ),
    ),
    say.table(
      "Forced overflows: what was lost, what the agent declared of it, and how long an operation had to wait",
      [
        say.key("agent"),
        { title: "scenario", expendable: 1 },
        "forced",
        say.right("lost", 3),
        say.right("declared", 2),
        say.right("silent"),
        say.right("longest wait", 4),
        { title: "under load", expendable: 5 },
        { title: "data sheet", expendable: 6 },
        { title: "notes", terminal: "below", on: ["terminal"] },
      ],
      own.map((row) => [
        say.agent(row.agent),
        say.text(row.scenario),
        row.contradiction === null ? say.text(forcedTitle(row)) : say.alarm(forcedTitle(row)),
        ...figureCells(row),
        row.underLoad === null ? say.absent("no trial") : say.text(behaviourTitle(row.underLoad.behaviour)),
        row.promised === null ? say.absent("not recorded") : say.text(row.promised),
        say.text(row.forced === null ? backpressureText(row) : (contradictionOf(row) ?? "")),
      ]),
    ),
    ...slowOutsideBlocks(overflow.filter(isOutside)),
    {
      kind: "list",
      on: ["page", "markdown"],
      items: overflow.filter(isTold).map((row) => {
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
