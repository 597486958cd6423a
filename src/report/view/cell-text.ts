/** Cells as plain text, for the terminal and for Markdown. */
import { MISSING, formatFigure } from "../format.ts";
import type { Cell } from "./section.ts";
import { textBar } from "./text-bar.ts";

/** Marks a figure that has too few blocks for an interval. */
const EXPLORATORY = "~";

/** Beyond this a program's text, or a list of rules, is folded or cut. */
export const MAX_CODE = 100;

type Pair = Extract<Cell, { readonly kind: "pair" }>;

/** "+4.1 us/op [3.6, 4.7], n = 12", or with the small print as an aside. */
export const joinedText = ({ main, small, isAside }: Pair, textOf: (cell: Cell) => string): string => {
  const texts = small.map(textOf);
  return isAside === true ? `${textOf(main)} (${texts.join(", ")})` : [textOf(main), ...texts].join(", ");
};

export const cellText = (cell: Cell): string => {
  switch (cell.kind) {
    case "text":
      return cell.text;
    case "code":
      return cell.folds === true && cell.text.length > MAX_CODE
        ? `${cell.text.slice(0, MAX_CODE)}...`
        : cell.text;
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
    case "bar":
      return textBar(cell.share);
    case "pair":
      return joinedText(cell, cellText);
    case "several":
      return cell.cells.map(cellText).join("; ");
  }
};

const partsOf = (cell: Cell): readonly Cell[] => {
  switch (cell.kind) {
    case "pair":
      return [cell.main, ...cell.small].flatMap(partsOf);
    case "several":
      return cell.cells.flatMap(partsOf);
    case "text":
    case "code":
    case "figure":
    case "agent":
    case "badge":
    case "bar":
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
