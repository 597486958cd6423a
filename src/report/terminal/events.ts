/** The ledger: what became of every operation's event. */
import type { LedgerRow, Summary } from "../../domain/verdict.ts";
import { coverageText } from "../coverage-words.ts";
import { MISSING, formatCount, formatLoss } from "../format.ts";
import { conditionsOf, ledgerGroupsOf } from "../select.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { singleLine } from "../width.ts";
import { INDENT, NARROWEST, droppedNote, heading, paragraph } from "./page.ts";
import type { Page } from "./page.ts";

const notesOf = (page: Page, notes: readonly string[]): readonly string[] =>
  notes.flatMap((note) =>
    paragraph(page, note, INDENT, `${INDENT}${INDENT}`).map((line) => page.paint("dim", line)),
  );

export const ledgerTable = (page: Page, summary: Summary): readonly string[] => {
  const coverage = summary.coverage.map((gap) => `${gap.agent}, ${gap.scenario}: ${coverageText(gap)}`);
  if (summary.ledger.length === 0)
    return [...heading(page, "Events"), `${INDENT}none were counted`, ...notesOf(page, coverage)];
  const column = (
    name: string,
    cellOf: (row: LedgerRow) => string,
    align: Column["align"] = "right",
    expendable = 0,
  ): Column => ({
    header: [name],
    align,
    expendable,
    name,
    cells: summary.ledger.map(cellOf),
  });
  const table = layOut(
    [
      column("agent", (row) => singleLine(row.agent), "left"),
      column("operations", (row) => formatCount(row.operations), "right", 2),
      column("delivered", (row) => formatCount(row.delivered)),
      column(
        "declared",
        (row) => (row.declaredLost === null ? MISSING : formatCount(row.declaredLost)),
        "right",
        1,
      ),
      column("silent", (row) => formatCount(row.silentLost)),
      column("lost", (row) => formatLoss(row.lossRate), "left"),
    ],
    Math.max(NARROWEST, page.columns) - INDENT.length,
  );
  const paintRow = (row: LedgerRow, line: string): string =>
    row.silentLost > 0 ? page.paint("red", line) : line;
  const body = ledgerGroupsOf(summary).flatMap((group) => [
    page.paint("dim", `${INDENT}${singleLine(group.scenario)} (${singleLine(conditionsOf(group))})`),
    ...group.rows.map((row) => paintRow(row, INDENT + (table.rows[summary.ledger.indexOf(row)] ?? ""))),
  ]);
  const notes = [
    ...droppedNote(page, table),
    "lost: share of the operations with its exact 95 % interval; silent: missing and not admitted by the agent",
    ...(summary.ledger.some((row) => row.declaredLost === null)
      ? [`${MISSING} no figure: the agent has no counter that could be read`]
      : []),
    ...summary.ledger
      .filter((row) => !row.balanced)
      .map((row) => `${row.agent}, ${row.scenario}: the ledger does not balance`),
    ...summary.ledger.flatMap((row) => row.notes.map((note) => `${row.agent}, ${row.scenario}: ${note}`)),
    ...coverage,
  ];
  return [
    ...heading(page, "Events"),
    ...table.header.map((line) => page.paint("dim", INDENT + line)),
    ...body,
    ...notesOf(page, notes),
  ];
};
