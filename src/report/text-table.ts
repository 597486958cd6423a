/** Aligned tables of plain text that fit a given number of columns. */
import { displayWidth, padEnd, padStart } from "./width.ts";

export interface Column {
  /** Header, one string a line. */
  readonly header: readonly string[];
  readonly align: "left" | "right";
  /** Columns with a higher number are the first to go when the table is too wide; 0 always stays. */
  readonly expendable: number;
  /** The name under which a dropped column is mentioned. */
  readonly name: string;
  readonly cells: readonly string[];
}

export interface TextTable {
  readonly header: readonly string[];
  readonly rows: readonly string[];
  /** Columns that did not fit, by name. */
  readonly dropped: readonly string[];
}

const GAP = "  ";

const widthOf = (column: Column): number =>
  Math.max(...[...column.header, ...column.cells].map(displayWidth));

const totalOf = (columns: readonly Column[]): number =>
  columns.reduce((sum, column) => sum + widthOf(column), 0) + GAP.length * Math.max(0, columns.length - 1);

const fit = (columns: readonly Column[], room: number): readonly Column[] => {
  const most = Math.max(...columns.map((column) => column.expendable));
  if (totalOf(columns) <= room || most === 0) return columns;
  return fit(
    columns.filter((column) => column.expendable !== most),
    room,
  );
};

/** @param room display columns that the table may take, indentation excluded */
export const layOut = (columns: readonly Column[], room: number): TextTable => {
  const kept = fit(columns, room);
  const headerLines = Math.max(...kept.map((column) => column.header.length));
  const rowCount = Math.max(...kept.map((column) => column.cells.length));
  const line = (textOf: (column: Column) => string): string =>
    kept
      .map((column) => (column.align === "right" ? padStart : padEnd)(textOf(column), widthOf(column)))
      .join(GAP)
      .trimEnd();
  return {
    header: Array.from({ length: headerLines }, (_, index) => line((column) => column.header[index] ?? "")),
    rows: Array.from({ length: rowCount }, (_, index) => line((column) => column.cells[index] ?? "")),
    dropped: columns.filter((column) => !kept.includes(column)).map((column) => column.name),
  };
};
