/** How the budgets stand: a cell an agent and operation, and every check with its reason. */
import { keyOf, trialConditionOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Verdict } from "../../domain/verdict.ts";
import { formatLoss, formatNumberOf } from "../format.ts";
import { conditionsOf, isPaired, operationTitle, testedAgents } from "../select.ts";
import { causeText, reasonText } from "../words/reasons.ts";
import { VERDICT_ORDER, budgetText, metricTitle, verdictTitle } from "./in-short.ts";
import type { Cell, Row, Section } from "./section.ts";
import * as say from "./section.ts";

/** The figure that was judged, with its interval. */
export const judgedFigure = (view: RunView, verdict: Verdict): Cell | undefined => {
  const { metric, budget } = verdict;
  if (metric === "loss") {
    const key = keyOf(trialConditionOf(verdict));
    const row = view.ledger.find((one) => keyOf(one) === key);
    return row === undefined ? undefined : say.figures(formatLoss(row.lossRate));
  }
  const key = keyOf(verdict);
  const estimate = view.estimates.find((one) => one.metric === metric && keyOf(one) === key);
  if (estimate === undefined) return undefined;
  if (budget.kind === "percent") return say.percent(estimate.ratio);
  return (isPaired(metric) ? say.cost : say.level)(estimate.absolute, estimate.unit);
};

const checkTitle = (verdict: Verdict): string => `${operationTitle(verdict)} (${conditionsOf(verdict)})`;
export const checkPlace = (verdict: Verdict): Cell =>
  say.place(operationTitle(verdict), conditionsOf(verdict));
export const checkBudget = (verdict: Verdict): string =>
  `${metricTitle(verdict.metric)}, ${budgetText(verdict)}`;

/** "within", "over": a column for each agent leaves no room for more. */
const shortBadge = ({ kind }: Verdict): Cell => say.badge(kind, verdictTitle(kind).replace(" budget", ""));

const matrixCell = (view: RunView, verdicts: readonly Verdict[]): Cell => {
  if (verdicts.length === 0) return say.absent("not judged");
  return {
    kind: "several",
    cells: verdicts.map((verdict) => {
      const figure = judgedFigure(view, verdict);
      return figure === undefined ? shortBadge(verdict) : say.pair(shortBadge(verdict), figure);
    }),
  };
};

const matrixRows = (view: RunView, agents: readonly string[]): readonly Row[] => {
  const checks = Map.groupBy(view.verdicts, (one) => `${checkTitle(one)}: ${checkBudget(one)}`);
  return [...checks.values()].flatMap((verdicts) => {
    const [first] = verdicts;
    if (first === undefined) return [];
    return [
      {
        cells: [
          say.pair(checkPlace(first), say.figures(checkBudget(first))),
          ...agents.map((id) =>
            matrixCell(
              view,
              verdicts.filter((one) => one.agent === id),
            ),
          ),
        ],
      },
    ];
  });
};

export const verdictSection = (view: RunView): Section => {
  const { verdicts, run, host } = view;
  const section = { id: "verdicts", title: "Verdicts", short: "Verdicts" };
  if (verdicts.length === 0)
    return { ...section, blocks: [say.note("No budget was declared, so nothing is judged.")] };
  const agents = testedAgents(view)
    .map(({ id }) => id)
    .filter((id) => verdicts.some((verdict) => verdict.agent === id));
  return {
    ...section,
    blocks: [
      say.onPage(
        say.table(
          `Verdicts on ${host.arch}: within or over the budget, by operation and agent, with the figure that was judged. Budgets: ${run.budgetSource}.`,
          ["operation and budget", ...agents.map((id) => ({ title: id, agent: id }))],
          matrixRows(view, agents),
          "matrix",
        ),
      ),
      say.onPage(
        say.note(
          "Within and over are said only when the evidence carries them: the bound of the interval decides, not the point. Inconclusive means that this run cannot tell.",
        ),
      ),
      { ...say.note(`Budgets: ${run.budgetSource}.`), on: ["terminal"] },
      {
        ...say.note(`Budgets: ${run.budgetSource}. Checks that need no action are not listed.`),
        on: ["markdown"],
      },
      say.inText(reasonTable(view)),
    ],
  };
};

/** What the row's figure does not show. */
const isTold = ({ kind }: Verdict): boolean => kind === "invalid";

/** Every check with its reason, the ones that call for something first; Markdown leaves out the others. */
const reasonTable = (view: RunView) => {
  const ordered = VERDICT_ORDER.flatMap((kind) => view.verdicts.filter((one) => one.kind === kind));
  return say.folding(
    say.table(
      "Every budget check with its reason",
      [
        say.key("agent"),
        { title: "operation", on: ["page", "markdown"] },
        { title: "operation and budget", on: ["terminal"], terminal: "above" },
        { title: "figure", on: ["terminal"] },
        "verdict",
        { title: "blocks needed", expendable: 1, on: ["terminal"] },
        { title: "budget", on: ["page", "markdown"] },
        { title: "why", on: ["page", "markdown"] },
        { title: "why", on: ["terminal"], terminal: "below" },
      ],
      ordered.map((verdict) => ({
        cells: [
          say.agent(verdict.agent),
          checkPlace(verdict),
          say.text(`${checkTitle(verdict)}: ${checkBudget(verdict)}`),
          judgedFigure(view, verdict) ?? say.absent("no figure"),
          say.badge(verdict.kind, verdictTitle(verdict.kind)),
          say.text(
            verdict.blocksNeeded === null ? "" : `needs ${formatNumberOf(verdict.blocksNeeded, "block")}`,
          ),
          say.figures(checkBudget(verdict)),
          say.text(reasonText(verdict)),
          say.text(isTold(verdict) ? causeText(verdict) : ""),
        ],
        ...(verdict.kind === "within" || verdict.kind === "no-detectable-cost"
          ? { on: ["page", "terminal"] as const }
          : {}),
      })),
    ),
    { title: "Every budget check with its reason" },
  );
};

export const reasonSection = (view: RunView): readonly Section[] =>
  view.verdicts.length === 0
    ? []
    : [{ id: "reasons", title: "Why each verdict", blocks: [reasonTable(view)] }];
