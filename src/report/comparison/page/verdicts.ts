/** How the budgets stand, a column a record. */
import type { Summary, Verdict } from "../../../domain/verdict.ts";
import { formatLoss } from "../../format.ts";
import { html } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { agentLabel, note, section, table } from "../../page/parts.ts";
import { absent, figureMarkup, percentMarkup, typeset } from "../../page/typeset.ts";
import { verdictBadge } from "../../page/verdicts.ts";
import { isPaired, operationTitle } from "../../select.ts";
import { budgetText, metricTitle } from "../../words.ts";
import { sideColumns } from "./context.ts";
import type { Context } from "./context.ts";

const checkName = (verdict: Verdict): string =>
  JSON.stringify([
    verdict.scenario,
    verdict.operation,
    verdict.load,
    verdict.metric,
    verdict.budget,
    verdict.agent,
  ]);

const figureOf = (summary: Summary, verdict: Verdict): Markup | null => {
  const same = (at: { readonly agent: string; readonly scenario: string; readonly load: string }): boolean =>
    at.agent === verdict.agent && at.scenario === verdict.scenario && at.load === verdict.load;
  const { metric } = verdict;
  if (metric === "loss") {
    const row = summary.ledger.find(same);
    return row === undefined ? null : html`${typeset(formatLoss(row.lossRate))}`;
  }
  const estimate = summary.estimates.find(
    (one) => same(one) && one.operation === verdict.operation && one.metric === metric,
  );
  if (estimate === undefined) return null;
  return verdict.budget.kind === "percent"
    ? percentMarkup(estimate.ratio)
    : figureMarkup(estimate.absolute, estimate.unit, { sign: isPaired(metric) });
};

export const verdictSection = ({ comparison, agents }: Context): Markup => {
  const checks = new Map(
    comparison.sides.flatMap(({ summary }) =>
      summary.verdicts.map((verdict) => [checkName(verdict), verdict] as const),
    ),
  );
  if (checks.size === 0)
    return section("verdicts", "Verdicts", note("No budget was declared in any record."));
  return section(
    "verdicts",
    "Verdicts",
    table(
      "Verdicts by agent, operation and record",
      [{ title: "agent" }, { title: "operation and budget" }, ...sideColumns({ comparison, agents }, false)],
      [...checks].map(([name, check]) => ({
        header: agentLabel(agents, check.agent),
        cells: [
          html`<b>${operationTitle(check)}</b> <span class="unit">${check.load}</span
            ><small>${typeset(`${metricTitle(check.metric)}, ${budgetText(check)}`)}</small>`,
          ...comparison.sides.map(({ summary }) => {
            const verdict = summary.verdicts.find((one) => checkName(one) === name);
            if (verdict === undefined) return absent("not judged in this record");
            const figure = figureOf(summary, verdict);
            return html`${verdictBadge(verdict.kind)}${figure === null ? null : html`<small>${figure}</small>`}`;
          }),
        ],
      })),
    ),
  );
};
