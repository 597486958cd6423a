/** One row an estimate, unrounded, for a spreadsheet or a notebook. */
import { stringify } from "csv-stringify/sync";
import type { RunView } from "../domain/run-view.ts";
import { type Cell, COLUMNS, estimateRow, type EstimateRow } from "./estimate-row.ts";

/**
 * A cell that begins like a formula is executed by spreadsheets when the file is opened, and an agent's message may begin
 * with anything. Numbers are written as numbers, so a negative cost stays one.
 */
export const inert = (cell: Cell): string | number | null => {
  if (typeof cell === "boolean") return String(cell);
  if (typeof cell !== "string") return cell;
  const isFormula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u.test(cell);
  // A file is looked at in a terminal, too.
  const text = cell.replaceAll(/[^\P{Control}\n\t\r]/gu, "\ufffd");
  return isFormula ? `'${text}` : text;
};

export const inertCells = (row: EstimateRow): readonly (string | number | null)[] =>
  COLUMNS.map((column) => inert(row[column]));

export const renderCsv = (view: RunView): string =>
  stringify([COLUMNS, ...view.estimates.map((estimate) => inertCells(estimateRow(estimate, view)))]);
