/** Cells as plain text, for the terminal and for Markdown. */
import { MISSING, formatFigure } from "../format.ts";
import type { Cell } from "./section.ts";

/** Marks a figure that has too few blocks for an interval. */
const EXPLORATORY = "~";

export const cellText = (cell: Cell): string => {
  switch (cell.kind) {
    case "text":
    case "code":
      return cell.text;
    case "figure":
      return formatFigure(
        cell.figure.range === null
          ? { ...cell.figure, value: `${cell.figure.value}${EXPLORATORY}` }
          : cell.figure,
      );
    case "agent":
      return cell.agent;
    case "badge":
      return cell.title;
    case "absent":
      return MISSING;
    case "pair":
      return `${cellText(cell.main)} (${cellText(cell.small)})`;
    case "several":
      return cell.cells.map(cellText).join("; ");
  }
};

const partsOf = (cell: Cell): readonly Cell[] => {
  switch (cell.kind) {
    case "pair":
      return [...partsOf(cell.main), ...partsOf(cell.small)];
    case "several":
      return cell.cells.flatMap(partsOf);
    case "text":
    case "code":
    case "figure":
    case "agent":
    case "badge":
    case "absent":
      return [cell];
  }
};

/** What the marks in a table's cells mean: every absence with its reason. */
export const marksOf = (cells: readonly Cell[]): readonly string[] => {
  const parts = cells.flatMap(partsOf);
  const reasons = new Set(parts.flatMap((cell) => (cell.kind === "absent" ? [cell.why] : [])));
  return [
    ...(parts.some((cell) => cell.kind === "figure" && cell.figure.range === null)
      ? [`${EXPLORATORY} exploratory: too few blocks for an interval`]
      : []),
    ...(reasons.size === 0 ? [] : [`${MISSING} no figure: ${[...reasons].join("; ")}`]),
  ];
};
