/** Verdicts, one table for each budget, so that agents can be compared by eye. */
import { EMULATED } from "../../domain/emulation.ts";
import { METRICS } from "../../domain/units.ts";
import type { Summary, Verdict, VerdictKind } from "../../domain/verdict.ts";
import { MISSING, figureOf, formatFigure, formatLoss, formatNumberOf } from "../format.ts";
import { operationTitle } from "../select.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { singleLine } from "../width.ts";
import { VERDICT_ORDER, budgetText, metricTitle, verdictTitle } from "../words.ts";
import { INDENT, NARROWEST, droppedNote, heading, paragraph } from "./page.ts";
import type { Page, Style } from "./page.ts";

const styleOf = (kind: VerdictKind): Style => {
  switch (kind) {
    case "within":
    case "no-detectable-cost":
      return "green";
    case "over":
      return "red";
    case "inconclusive":
    case "invalid":
      return "yellow";
  }
};

/** The figure that was judged, with its interval: the estimate's, or the ledger's for a loss. */
const judged = (summary: Summary, verdict: Verdict): string => {
  const same = (at: { readonly agent: string; readonly scenario: string; readonly load: string }): boolean =>
    at.agent === verdict.agent && at.scenario === verdict.scenario && at.load === verdict.load;
  const { metric } = verdict;
  if (metric === "loss") {
    const row = summary.ledger.find(same);
    return row === undefined ? MISSING : formatLoss(row.lossRate);
  }
  const estimate = summary.estimates.find(
    (one) => same(one) && one.operation === verdict.operation && one.metric === metric,
  );
  if (estimate === undefined) return MISSING;
  return formatFigure(
    figureOf(estimate.absolute, estimate.unit, { sign: METRICS[metric].kind === "paired" }),
  );
};

const needs = ({ blocksNeeded }: Verdict): string =>
  blocksNeeded === null ? "" : `needs ${formatNumberOf(blocksNeeded, "block")}`;

const titleOf = (verdict: Verdict): string =>
  `${operationTitle(verdict)} (${verdict.load}): ${metricTitle(verdict.metric)} ${budgetText(verdict)}`;

const budgetTable = (page: Page, summary: Summary, title: string): readonly string[] => {
  const verdicts = summary.verdicts
    .filter((verdict) => titleOf(verdict) === title)
    .toSorted((a, b) => VERDICT_ORDER.indexOf(a.kind) - VERDICT_ORDER.indexOf(b.kind));
  const column = (cells: readonly string[], name = "", expendable = 0): Column => ({
    header: [],
    align: "left",
    expendable,
    name,
    cells,
  });
  const blocks = verdicts.map(needs);
  const table = layOut(
    [
      column(verdicts.map((verdict) => singleLine(verdict.agent))),
      column(verdicts.map((verdict) => judged(summary, verdict))),
      column(verdicts.map(({ kind }) => verdictTitle(kind))),
      ...(blocks.every((text) => text === "") ? [] : [column(blocks, "blocks needed", 1)]),
    ],
    Math.max(NARROWEST, page.columns) - INDENT.length * 2,
  );
  const rows = verdicts.flatMap((verdict, index) => {
    const painted = `${INDENT}${INDENT}${paintLast(page, table.rows[index] ?? "", verdict.kind)}`;
    // Why there is no verdict is not to be seen from the figure; every other reason is. One that the next row shares is told there.
    const reason = shownReason(verdict);
    return reason === undefined || reason === reasonAt(verdicts, index + 1)
      ? [painted]
      : [
          painted,
          ...paragraph(page, reason, `${INDENT}${INDENT}${INDENT}`).map((one) => page.paint("dim", one)),
        ];
  });
  const dropped = droppedNote(page, table).flatMap((note) => paragraph(page, note, `${INDENT}${INDENT}`));
  return [...paragraph(page, title, INDENT), ...rows, ...dropped.map((line) => page.paint("dim", line))];
};

const paintLast = (page: Page, row: string, kind: VerdictKind): string => {
  const title = verdictTitle(kind);
  const at = row.lastIndexOf(title);
  return at < 0 ? row : row.slice(0, at) + page.paint(styleOf(kind), title) + row.slice(at + title.length);
};

const shownReason = (verdict: Verdict): string | undefined =>
  verdict.kind === "invalid" ? reasonOf(verdict) : undefined;

const reasonAt = (verdicts: readonly Verdict[], index: number): string | undefined => {
  const verdict = verdicts[index];
  return verdict === undefined ? undefined : shownReason(verdict);
};

/** The part of the sentence after the figures, which stand in the row already. */
const reasonOf = ({ why }: Verdict): string =>
  why.startsWith(EMULATED) ? why : (why.split(": ").at(-1) ?? why);

export const verdictTables = (page: Page, summary: Summary): readonly string[] => {
  if (summary.verdicts.length === 0) return [...heading(page, "Verdicts"), `${INDENT}no budget was declared`];
  const titles = [...new Set(summary.verdicts.map(titleOf))];
  return [
    ...heading(page, `Verdicts (budgets: ${summary.run.budgetSource})`),
    ...titles.flatMap((title) => budgetTable(page, summary, title)),
  ];
};
