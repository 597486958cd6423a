/** How the budgets stand: one cell an agent and operation, and every check with its reason. */
import type { Summary, Verdict, VerdictKind } from "../../domain/verdict.ts";
import { formatLoss } from "../format.ts";
import { find, groupsOf, isPaired, operationTitle, testedAgents } from "../select.ts";
import { VERDICT_ORDER, budgetText, metricTitle, verdictTitle } from "../words.ts";
import { html, joined } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, detail, isLong, note, section, table } from "./parts.ts";
import { absent, percentMarkup, figureMarkup, typeset } from "./typeset.ts";

const SIGN: Readonly<Record<VerdictKind, string>> = {
  over: "✕",
  invalid: "!",
  inconclusive: "?",
  within: "✓",
  "no-detectable-cost": "≈",
};

/** @param title shorter where the table says that it is about budgets */
export const verdictBadge = (kind: VerdictKind, title = verdictTitle(kind)): Markup =>
  html`<span class="verdict ${kind}"><span aria-hidden="true">${SIGN[kind]} </span>${title}</span>`;

/** The figure that the verdict is about; nothing where two placements make it ambiguous. */
const figureOfVerdict = (summary: Summary, verdict: Verdict): Markup | null => {
  const { metric } = verdict;
  if (metric === "loss") {
    const rows = summary.ledger.filter(
      (row) => row.agent === verdict.agent && row.scenario === verdict.scenario && row.load === verdict.load,
    );
    const [row] = rows;
    return row === undefined || rows.length > 1 ? null : html`${typeset(formatLoss(row.lossRate))}`;
  }
  const groups = groupsOf(summary).filter(
    (group) =>
      group.scenario === verdict.scenario &&
      group.operation === verdict.operation &&
      group.load === verdict.load,
  );
  const [group] = groups;
  const estimate = group === undefined || groups.length > 1 ? undefined : find(group, verdict.agent, metric);
  if (estimate === undefined) return null;
  return verdict.budget.kind === "percent"
    ? percentMarkup(estimate.ratio)
    : figureMarkup(estimate.absolute, estimate.unit, { sign: isPaired(metric) });
};

interface Check {
  readonly title: string;
  readonly load: string;
  readonly what: string;
  readonly verdicts: readonly Verdict[];
}

const checksOf = (verdicts: readonly Verdict[]): readonly Check[] => {
  const checks = new Map<string, Check>();
  for (const verdict of verdicts) {
    const title = operationTitle(verdict);
    const what = `${metricTitle(verdict.metric)}, ${budgetText(verdict)}`;
    const name = JSON.stringify([title, verdict.load, what]);
    const before = checks.get(name)?.verdicts ?? [];
    checks.set(name, { title, load: verdict.load, what, verdicts: [...before, verdict] });
  }
  return [...checks.values()];
};

/** "within", "over": a column for each agent leaves no room for more. */
const shortTitle = (kind: VerdictKind): string => verdictTitle(kind).replace(" budget", "");

const cell = (summary: Summary, verdicts: readonly Verdict[]): Markup => {
  if (verdicts.length === 0) return absent("not judged");
  return joined(
    verdicts.map((verdict) => {
      const figure = figureOfVerdict(summary, verdict);
      return html`${verdictBadge(verdict.kind, shortTitle(verdict.kind))}${figure === null ? null : html`<small>${figure}</small>`}`;
    }),
    " ",
  );
};

const matrix = (summary: Summary): Markup => {
  const agents = testedAgents(summary).filter((agent) =>
    summary.verdicts.some((verdict) => verdict.agent === agent.id),
  );
  return table(
    `Verdicts on ${summary.host.arch}: within or over the budget, by operation and agent, with the figure that it is about. Budgets: ${summary.run.budgetSource}.`,
    [{ title: "operation and budget" }, ...agents.map((agent) => ({ title: agent.id, agent: agent.id }))],
    checksOf(summary.verdicts).map((check) => ({
      header: html`<b>${check.title}</b> <small class="unit">${check.load}</small><br /><small class="unit"
          >${typeset(check.what)}</small
        >`,
      cells: agents.map((agent) =>
        cell(
          summary,
          check.verdicts.filter((verdict) => verdict.agent === agent.id),
        ),
      ),
    })),
    "matrix",
  );
};

export const verdictSection = (summary: Summary): Markup => {
  if (summary.verdicts.length === 0)
    return section("verdicts", "Verdicts", note("No budget was declared, so nothing is judged."));
  return section(
    "verdicts",
    "Verdicts",
    matrix(summary),
    note(
      "Within and over are said only when the evidence carries them: the bound of the interval decides, not the point. Inconclusive means that this run cannot tell.",
    ),
  );
};

/** Every check with its reason, the ones that call for something first. */
export const reasonSection = (summary: Summary): Markup | null =>
  summary.verdicts.length === 0
    ? null
    : section(
        "reasons",
        "Why each verdict",
        detail(
          "Every budget check with its reason",
          isLong({ rows: summary.verdicts.length }),
          table(
            "Every budget check with its reason",
            [
              { title: "agent" },
              { title: "verdict" },
              { title: "operation" },
              { title: "budget" },
              { title: "why" },
            ],
            VERDICT_ORDER.flatMap((kind) =>
              summary.verdicts
                .filter((verdict) => verdict.kind === kind)
                .map((verdict) => ({
                  header: agentLabel(summary, verdict.agent),
                  cells: [
                    verdictBadge(kind),
                    html`${operationTitle(verdict)} <small>${verdict.load}</small>`,
                    html`${metricTitle(verdict.metric)} <small>${typeset(budgetText(verdict))}</small>`,
                    html`${verdict.why}`,
                  ],
                })),
            ),
          ),
        ),
      );
