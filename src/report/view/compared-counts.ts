/** Counts of several records side by side, a column a record. */
import type { Comparison, Side } from "../../domain/comparison.ts";
import { keyOf } from "../../domain/condition.ts";
import type { CountRow } from "../../domain/counting.ts";
import { groupsBy, operationTitle } from "../select.ts";
import { COUNTED, rangeText, ratioText, signed } from "./counts.ts";
import type { Cell, Section } from "./section.ts";
import * as say from "./section.ts";

const rowsIn = ({ view }: Side): readonly CountRow[] => view.counts?.rows ?? [];

const cellIn = (row: CountRow, side: Side): Cell => {
  const own = rowsIn(side).find((one) => keyOf(one) === keyOf(row));
  return own === undefined
    ? say.absent("not counted in this record")
    : say.pair(
        say.figures(signed(own.added.median)),
        say.figures(rangeText(own.added, own.boots)),
        say.figures(ratioText(own)),
      );
};

/** Records of counts are compared with their like alone. */
export const countsOnly = ({ sides }: Pick<Comparison, "sides">): boolean =>
  sides.every(({ view }) => view.counts !== undefined);

export const comparedCounts = ({ sides }: Comparison): Section => ({
  id: "counts",
  title: "Instructions of an event",
  short: "Instructions",
  blocks: [
    say.banner(COUNTED),
    say.tableOf(
      "Instructions above the baseline for a delivered event: median over boots with different seeds, their range, and the ratio to an operation without an agent",
      groupsBy(sides.flatMap(rowsIn), keyOf).map(([first]) => first),
      [
        [say.key("agent"), ({ agent }) => say.agent(agent)],
        [{ title: "operation", terminal: "above" }, (row) => say.text(operationTitle(row))],
        ...sides.map((side) => [say.right(side.label), (row: CountRow) => cellIn(row, side)] as const),
      ],
    ),
  ],
});
