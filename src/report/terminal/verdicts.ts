/** Verdicts, one table for each budget, so that agents can be compared by eye. */
import { METRICS } from "../../domain/units.ts";
import type { Summary, Verdict, VerdictKind } from "../../domain/verdict.ts";
import { MISSING, figureOf, formatFigure, formatLoss, formatNumberOf } from "../format.ts";
import { operationTitle } from "../select.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { singleLine } from "../width.ts";
import { VERDICT_ORDER, budgetText, metricTitle, verdictTitle } from "../words.ts";
import { INDENT, NARROWEST, heading, paragraph } from "./page.ts";
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

const outcome = (verdict: Verdict): string =>
  verdict.blocksNeeded === null
    ? verdictTitle(verdict.kind)
    : `${verdictTitle(verdict.kind)}, needs ${formatNumberOf(verdict.blocksNeeded, "block")}`;

const titleOf = (verdict: Verdict): string =>
  `${operationTitle(verdict)} (${verdict.load}): ${metricTitle(verdict.metric)} ${budgetText(verdict)}`;

const budgetTable = (page: Page, summary: Summary, title: string): readonly string[] => {
  const verdicts = summary.verdicts
    .filter((verdict) => titleOf(verdict) === title)
    .toSorted((a, b) => VERDICT_ORDER.indexOf(a.kind) - VERDICT_ORDER.indexOf(b.kind));
  const column = (cells: readonly string[]): Column => ({
    header: [],
    align: "left",
    expendable: 0,
    name: "",
    cells,
  });
  const table = layOut(
    [
      column(verdicts.map((verdict) => singleLine(verdict.agent))),
      column(verdicts.map((verdict) => judged(summary, verdict))),
      column(verdicts.map(outcome)),
    ],
    Math.max(NARROWEST, page.columns) - INDENT.length * 2,
  );
  const rows = verdicts.flatMap((verdict, index) => {
    const text = outcome(verdict);
    const line = INDENT + INDENT + (table.rows[index] ?? "");
    const painted = line.slice(0, line.length - text.length) + page.paint(styleOf(verdict.kind), text);
    // Why there is no verdict is not to be seen from the figure; every other reason is.
    return verdict.kind === "invalid"
      ? [
          painted,
          ...paragraph(page, reasonOf(verdict), `${INDENT}${INDENT}${INDENT}`).map((one) =>
            page.paint("dim", one),
          ),
        ]
      : [painted];
  });
  return [...paragraph(page, title, INDENT), ...rows];
};

/** The part of the sentence after the figures, which stand in the row already. */
const reasonOf = (verdict: Verdict): string => verdict.why.split(": ").at(-1) ?? verdict.why;

export const verdictTables = (page: Page, summary: Summary): readonly string[] => {
  if (summary.verdicts.length === 0) return [...heading(page, "Verdicts"), `${INDENT}no budget was declared`];
  const titles = [...new Set(summary.verdicts.map(titleOf))];
  return [
    ...heading(page, `Verdicts (budgets: ${summary.run.budgetSource})`),
    ...titles.flatMap((title) => budgetTable(page, summary, title)),
  ];
};
