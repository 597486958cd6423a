/** One row an estimate, unrounded, for a spreadsheet or a notebook. */
import { stringify } from "csv-stringify/sync";
import type { RunView } from "../domain/run-view.ts";
import type { Cell } from "./estimate-columns.ts";
import { ESTIMATE_COLUMNS } from "./estimate-columns.ts";

/**
 * A cell that begins like a formula is executed by spreadsheets when the file is opened, and an agent's message may begin
 * with anything. Numbers are written as numbers, so a negative cost stays one.
 */
export const inert = (cell: Cell): string | number | null => {
  if (typeof cell === "boolean") return String(cell);
  return typeof cell === "string" && /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u.test(cell) ? `'${cell}` : cell;
};

/** RFC 4180 text with a header row. A missing figure is an empty cell. */
export const renderCsv = (view: RunView): string =>
  stringify([
    ESTIMATE_COLUMNS.map(({ name }) => name),
    ...view.estimates.map((estimate) => ESTIMATE_COLUMNS.map(({ cell }) => inert(cell(estimate, view)))),
  ]);
