/** Aligned tables of plain text that fit a given number of columns. */
import { displayWidth, padEnd, padStart } from "./width.ts";

export interface TextColumn {
  readonly header: readonly string[];
  readonly isRight: boolean;
  /** Columns with a higher number are the first to go when the table is too wide; 0 always stays. */
  readonly expendable: number;
  /** May hold escape sequences. */
  readonly cells: readonly string[];
}

export interface TextTable {
  readonly header: readonly string[];
  readonly rows: readonly string[];
  readonly width: number;
  readonly dropped: readonly number[];
}

export const GAP = "  ";

const widthOf = ({ header, cells }: TextColumn): number =>
  Math.max(0, ...[...header, ...cells].map(displayWidth));

const totalOf = (columns: readonly TextColumn[]): number =>
  columns.reduce((sum, column) => sum + widthOf(column), 0) + GAP.length * Math.max(0, columns.length - 1);

const fit = (columns: readonly TextColumn[], room: number): readonly TextColumn[] => {
  const most = Math.max(0, ...columns.map(({ expendable }) => expendable));
  if (totalOf(columns) <= room || most === 0) return columns;
  return fit(
    columns.filter(({ expendable }) => expendable !== most),
    room,
  );
};

/** @param room display columns that the table may take; it takes more where the columns that stay do not fit */
export const layOut = (columns: readonly TextColumn[], room: number): TextTable => {
  const kept = fit(columns, room);
  const headerLines = Math.max(0, ...kept.map(({ header }) => header.length));
  const rowCount = Math.max(0, ...kept.map(({ cells }) => cells.length));
  const line = (textOf: (column: TextColumn) => string | undefined): string =>
    kept
      .map((column) => (column.isRight ? padStart : padEnd)(textOf(column) ?? "", widthOf(column)))
      .join(GAP)
      .trimEnd();
  return {
    // Titles stand on the line above the figures.
    header: Array.from({ length: headerLines }, (_, index) =>
      line(({ header }) => header[index - headerLines + header.length]),
    ),
    rows: Array.from({ length: rowCount }, (_, index) => line(({ cells }) => cells[index])),
    width: totalOf(kept),
    dropped: columns.flatMap((column, index) => (kept.includes(column) ? [] : [index])),
  };
};
