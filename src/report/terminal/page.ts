/** What every part of the terminal report is set with: width, colour, paragraphs, headings. */
import { singleLine, wrap } from "../width.ts";
import type { TextTable } from "../text-table.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow";
type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export const painter = (colour: boolean): Paint => {
  if (!colour) return (_, text) => text;
  return (style, text) => {
    const [on, off] = CODES[style];
    return text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
  };
};

/** Marks a figure that has too few blocks for an interval. */
export const EXPLORATORY = "~";
export const INDENT = "  ";
/** Below this a table of figures cannot be kept aligned; it is printed as wide as it needs to be. */
export const NARROWEST = 40;

export interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

/** Foreign text, wrapped; continuation lines hang below the first. */
export const paragraph = (
  page: Page,
  text: string,
  first = "",
  hang = first.replaceAll(/./gsu, " "),
): readonly string[] =>
  wrap(singleLine(text), page.columns - Math.max(first.length, hang.length)).map((line, index) =>
    index === 0 ? first + line : hang + line,
  );

export const heading = (page: Page, text: string): readonly string[] => [
  "",
  page.paint("bold", singleLine(text)),
];

/** Names the columns that did not fit, if any. */
export const droppedNote = (page: Page, table: TextTable): readonly string[] =>
  table.dropped.length === 0
    ? []
    : [`not shown in ${page.columns} columns: ${table.dropped.map((name) => name.trim()).join(", ")}`];
