/** How the budgets stand: a cell an agent and operation, and every check with its reason. */
import { keyOf, trialConditionOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Verdict } from "../../domain/verdict.ts";
import { formatLoss, formatNumberOf } from "../format.ts";
import { conditionsOf, groupsBy, operationTitle, testedAgents } from "../select.ts";
import { causeText, reasonText } from "../words/reasons.ts";
import { VERDICT_ORDER, tallySentence, budgetText, metricTitle, verdictTitle } from "./in-short.ts";
import type { Cell, Field, Section } from "./section.ts";
import { estimateCell } from "./plots.ts";
import * as say from "./section.ts";

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
  return budget.kind === "percent" ? say.percent(estimate.ratio) : estimateCell(estimate);
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
  const cells = verdicts.map((verdict) => {
    const figure = judgedFigure(view, verdict);
    return figure === undefined ? shortBadge(verdict) : say.pair(shortBadge(verdict), figure);
  });
  return { kind: "several", cells };
};

const matrixFields = (
  view: RunView,
  agents: readonly string[],
): readonly Field<readonly [Verdict, ...Verdict[]]>[] => [
  ["operation and budget", ([first]) => say.pair(checkPlace(first), say.figures(checkBudget(first)))],
  ...agents.map((agent): Field<readonly Verdict[]> => [
    { title: agent, agent },
    (verdicts) =>
      matrixCell(
        view,
        verdicts.filter((one) => one.agent === agent),
      ),
  ]),
];

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
      say.note(tallySentence(view)),
      say.onPage({
        ...say.tableOf(
          `Verdicts on ${host.arch}: within or over the budget, by operation and agent, with the figure that was judged. Budgets: ${run.budgetSource}.`,
          groupsBy(verdicts, (one) => `${checkTitle(one)}: ${checkBudget(one)}`),
          matrixFields(view, agents),
          "matrix",
        ),
        folded: "Every verdict, by operation and agent",
      }),
      say.onPage(
        say.note(
          "Within and over are said only when the evidence carries them: the bound of the interval decides, not the point. Inconclusive means that this run cannot tell.",
        ),
      ),
      { ...say.note("Checks that need no action are not listed."), on: ["markdown"] },
      say.inText(reasonTable(view)),
    ],
  };
};

const WIDE = ["page", "markdown"] as const;

/** Every check with its reason, the ones that call for something first; Markdown leaves out the others. */
const reasonTable = (view: RunView) => {
  const ordered = VERDICT_ORDER.flatMap((kind) => view.verdicts.filter((one) => one.kind === kind));
  return say.folding(
    say.tableOf(
      "Every budget check with its reason",
      ordered,
      [
        [say.key("agent"), ({ agent }) => say.agent(agent)],
        [{ title: "operation", on: WIDE }, checkPlace],
        [
          { title: "operation and budget", on: ["terminal"], terminal: "above" },
          (verdict) => say.text(`${checkTitle(verdict)}: ${checkBudget(verdict)}`),
        ],
        [
          { title: "figure", on: ["terminal"] },
          (verdict) => judgedFigure(view, verdict) ?? say.absent("no figure"),
        ],
        ["verdict", ({ kind }) => say.badge(kind, verdictTitle(kind))],
        [
          { title: "blocks needed", expendable: 1, on: ["terminal"] },
          ({ blocksNeeded: needed }) =>
            say.text(needed === null ? "" : `needs ${formatNumberOf(needed, "block")}`),
        ],
        [{ title: "budget", on: WIDE }, (verdict) => say.figures(checkBudget(verdict))],
        [{ title: "why", on: WIDE }, (verdict) => say.text(reasonText(verdict))],
        // Only what the row's figure does not show.
        [
          { title: "why", on: ["terminal"], terminal: "below" },
          (verdict) => say.text(verdict.kind === "invalid" ? causeText(verdict) : ""),
        ],
      ],
      undefined,
      ({ kind }) => (kind === "within" || kind === "no-detectable-cost" ? { on: ["page", "terminal"] } : {}),
    ),
    { title: "Every budget check with its reason" },
  );
};

export const reasonSection = (view: RunView): readonly Section[] =>
  say.when(view.verdicts.length > 0, {
    id: "reasons",
    title: "Why each verdict",
    blocks: [reasonTable(view)],
  });
