/** Forced overflows: drops or blocks, and does it say so? */
import type { BackpressureRow } from "../../domain/backpressure.ts";
import type { Summary } from "../../domain/verdict.ts";
import {
  declaredText,
  forcedTitle,
  isSilent,
  lostText,
  promisedTitle,
  silentText,
  stallText,
  underLoadTitle,
} from "../backpressure-words.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { singleLine } from "../width.ts";
import { INDENT, NARROWEST, droppedNote, heading, paragraph } from "./page.ts";
import type { Page } from "./page.ts";

export const backpressureTable = (page: Page, { overflow }: Summary): readonly string[] => {
  if (overflow === undefined) return [];
  const column = (
    name: string,
    cellOf: (row: BackpressureRow) => string,
    expendable = 0,
    align: Column["align"] = "left",
  ): Column => ({ header: [name], align, expendable, name, cells: overflow.map(cellOf) });
  const table = layOut(
    [
      column("agent", (row) => singleLine(row.agent)),
      column("scenario", (row) => singleLine(row.scenario), 1),
      column("forced", forcedTitle),
      column("lost", lostText, 3, "right"),
      column("declared", declaredText, 2, "right"),
      column("silent", silentText, 0, "right"),
      column("longest wait", stallText, 4, "right"),
      column("under load", underLoadTitle, 5),
      column("data sheet", promisedTitle, 6),
    ],
    Math.max(NARROWEST, page.columns) - INDENT.length,
  );
  const notes = [
    ...droppedNote(page, table),
    "forced: what it did with its readers stopped and its buffers as small as they can be set; silent: missing and not admitted",
    ...overflow.flatMap(({ agent, scenario, forced, words }) =>
      forced === null ? [`${agent}, ${scenario}: ${words}`] : [],
    ),
    ...overflow.flatMap(({ agent, scenario, contradiction }) =>
      contradiction === null ? [] : [`${agent}, ${scenario}: ${contradiction}`],
    ),
  ];
  return [
    ...heading(page, "Forced overflow (no part of any cost)"),
    ...table.header.map((line) => page.paint("dim", INDENT + line)),
    ...overflow.map((row, index) => {
      const line = INDENT + (table.rows[index] ?? "");
      return isSilent(row) || row.contradiction !== null ? page.paint("red", line) : line;
    }),
    ...notes.flatMap((note) =>
      paragraph(page, note, INDENT, `${INDENT}${INDENT}`).map((line) => page.paint("dim", line)),
    ),
  ];
};
