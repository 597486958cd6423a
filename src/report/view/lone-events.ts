/** How late each agent told of an event that was the only one. */
import type { RunView } from "../../domain/run-view.ts";
import { formatDuration } from "../format.ts";
import type { Block, Cell } from "./section.ts";
import * as say from "./section.ts";

const NOT_SEEN = "it came in no turn";

const durationOr = (ms: number | null): Cell =>
  ms === null ? say.absent(NOT_SEEN) : say.text(formatDuration(ms));

export const loneEventBlocks = ({ loneEvents }: RunView): readonly Block[] =>
  loneEvents.length === 0
    ? []
    : [
        say.heading("An event alone"),
        say.tableOf("By agent: when an event that was the only one was in the output", loneEvents, [
          [say.key("agent"), ({ agent }) => say.agent(agent)],
          [say.right("median"), ({ medianMs }) => durationOr(medianMs)],
          [say.right("longest"), ({ longestMs }) => durationOr(longestMs)],
          [say.right("turns"), ({ turns }) => say.count(turns)],
          [
            "not seen",
            ({ notSeen, turns, reasons }) =>
              say.text(notSeen === 0 ? "" : `${notSeen} of ${turns}: ${reasons.join("; ")}`),
          ],
        ]),
        say.note(
          "At the beginning of a turn, on the otherwise quiet node: one operation a second, until the first is in the output. After a burst an agent that hands events out by number is at its fastest.",
        ),
      ];
