/** The first screen: may each agent be rolled out, what does it cost, lose and not see, and which is the cheapest that saw everything? */
import type { EventRange } from "../../domain/agent.ts";
import { keyOf } from "../../domain/condition.ts";
import {
  Answer,
  type AgentDifference,
  type Cheapest,
  type DecidingCost,
  type Decision,
} from "../../domain/decision.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { CoverageGap, VerdictKind } from "../../domain/verdict.ts";
import {
  figureOf,
  formatCost,
  formatCount,
  formatLoss,
  formatPart,
  formatRange,
  formatValue,
} from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { groupsBy } from "../select.ts";
import { tellTexts, whyText } from "../words/decision.ts";
import { warningText } from "../words/warnings.ts";
import { budgetText, checkSentence, emulationBanner, measuredSentence } from "./in-short.ts";
import { list, listShort } from "../words/lists.ts";
import type { Block, Cell, Field, Medium, Section } from "./section.ts";
import * as say from "./section.ts";

export const ANSWERS: Readonly<Record<Answer, { readonly title: string; readonly look: VerdictKind }>> = {
  within: { title: "within", look: "within" },
  "not-known": { title: "not known", look: "inconclusive" },
  over: { title: "over", look: "over" },
};

export const ANSWER_ORDER: readonly Answer[] = Answer.options;

export const answerBadge = ({ answer }: Decision): Cell => {
  const { look, title } = ANSWERS[answer];
  return say.badge(look, title);
};

export const decisionSection = (view: RunView): Section => {
  const { agents } = view.decisions;
  const skipped = agents.filter(({ why }) => why[0]?.kind === "unmeasured");
  const tried = agents.filter((one) => !skipped.includes(one));
  return {
    id: "decision",
    title: "May it be rolled out?",
    blocks: [
      ...bannersOf(view).map((text) => say.banner(text)),
      say.lead(cheapestSentence(view)),
      ...say.when(tried.length > 0, decisionTable(view, tried)),
      ...say.when(
        skipped.length > 0,
        say.note(
          `Not known, because not measured: ${listShort(skipped.map(({ agent, why }) => `${agent} (${why.map((one) => whyText(agent, one)).join("; ")})`))}.`,
        ),
      ),
      say.note(`${measuredSentence(view)} ${checkSentence(view)}`),
    ],
  };
};

/** What a reader must know before any answer. */
export const bannersOf = (view: RunView): readonly string[] => [
  ...[emulationBanner(view)].filter((text) => text !== null),
  ...view.warnings
    .filter((one) => one.kind === "older-method" || (one.kind === "incident" && one.what === "void"))
    .map(warningText),
  ...(view.run.complete ? [] : ["incomplete run: the figures are those of the blocks that ended"]),
];

const WIDE = ["page", "markdown"] as const;

const decisionTable = (view: RunView, decisions: readonly Decision[]): Block =>
  say.tableOf(
    `Node CPU time of one operation above baseline, with its interval. The line is the budget (${view.run.budgetSource}).`,
    decisions,
    [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      [say.key("answer"), answerBadge],
      [
        { title: "why", expendable: 6, folds: true, on: ["terminal"] },
        (one) => (one.answer === "within" ? say.text("") : whyCell(one)),
      ],
      [
        { title: "what would tell", expendable: 7, folds: true, on: ["terminal"] },
        (one) => tellCell(view, one),
      ],
      ...costColumns(decisions).flatMap(costFields),
      [{ title: "lost", expendable: 2, folds: true }, lostCell],
      [{ title: "memory", expendable: 3, folds: true }, memoryCell],
      [{ title: "does not see", on: WIDE }, (one) => blindCell(one, "nothing")],
      [{ title: "does not see", expendable: 5, folds: true, on: ["terminal"] }, (one) => blindCell(one, "")],
      [{ title: "why", on: ["markdown"] }, whyCell],
      [{ title: "what would tell", on: ["markdown"] }, (one) => tellCell(view, one)],
      [{ title: "why, and what would tell", on: ["page"] }, (one) => whyAndTellCell(view, one)],
    ],
    "decision",
  );

const costColumns = (decisions: readonly Decision[]): readonly DecidingCost[] =>
  groupsBy(
    decisions.flatMap(({ costs }) => costs),
    keyOf,
  ).map(([first]) => first);

/** A bar and its figure: together on a page, in two columns on a terminal, the figure alone in Markdown. */
const costFields = (column: DecidingCost): readonly Field<Decision>[] => {
  const { operation, scenario, load } = column;
  const name = operation === "*" ? scenario : operation;
  const title = load === "closed" ? name : `${name} (${load})`;
  const costIn = ({ costs }: Decision): DecidingCost | undefined =>
    costs.find((one) => keyOf(one) === keyOf(column));
  const on = (...media: readonly Medium[]) => ({ on: media });
  return [
    [
      { title: typeset(`${title}, ${budgetText(column)}`), ...on("page") },
      (one) => costCell(costIn(one), "page"),
    ],
    [{ title, expendable: 1, ...on("terminal") }, (one) => costCell(costIn(one), "terminal")],
    [{ title, expendable: 4, folds: true, ...on("terminal") }, (one) => costCell(costIn(one), "markdown")],
    [
      { title: `${title}, ${budgetText(column)}`, ...on("markdown") },
      (one) => costCell(costIn(one), "markdown"),
    ],
  ];
};

const costCell = (deciding: DecidingCost | undefined, medium: Medium): Cell => {
  if (deciding === undefined) return say.absent("not judged");
  const { cost, unit, share, kind } = deciding;
  if (cost === null) return say.absent("no cost that holds was measured");
  const figure: Cell = { kind: "figure", figure: figureOf(cost, unit, { sign: true }) };
  const bar: Cell =
    share === null ? say.absent("no share of the budget") : { kind: "bar", share, look: kind };
  switch (medium) {
    case "page":
      return say.pair(bar, figure);
    case "terminal":
      return bar;
    case "markdown":
      return figure;
  }
};

const lostCell = ({ lost }: Decision): Cell => {
  if (lost === null) return say.absent("no loss that holds was counted");
  const { worst } = lost;
  const rate = formatLoss(worst.lossRate);
  if (worst.lossRate.value === 0) return say.figures(rate);
  return say.pair(
    say.alarm(rate),
    say.figures(`on ${worst.scenario} (${worst.load})`),
    ...say.when(worst.silent?.high !== 0, say.figures(silentText(worst.silent))),
  );
};

const silentText = (silent: EventRange | null): string => {
  if (silent === null) return "silently or not: unknown";
  return silent.low === 0 ? `up to ${formatCount(silent.high)} silently` : `${formatRange(silent)} silently`;
};

const memoryCell = ({ memory: { heldMiB, pssMiB, peakMiB } }: Decision): Cell => {
  const held = heldMiB ?? pssMiB;
  if (held === null) return say.absent("memory could not be read");
  // The kernel charges no pages that were there before the agent, so that its peak may lie below what the agent holds; then it tells of none.
  const isPeak = peakMiB !== null && peakMiB > held;
  return say.pair(
    say.value(held, "MiB"),
    ...say.when(heldMiB === null, say.text("without BPF maps")),
    ...(isPeak ? [say.figures(`peak ${formatValue(peakMiB, "MiB")}`)] : []),
  );
};

const blindText = ({ scenario, seen }: CoverageGap): string =>
  seen === undefined ? scenario : `some of ${scenario}`;

/** What could not be counted it may have seen: its output told of none of it, or tare could not read it. */
const blindCell = ({ blind }: Decision, nothing: string): Cell => {
  const isUncounted = ({ reason }: CoverageGap): boolean => reason.kind === "not-counted";
  const unseen = blind.filter((gap) => !isUncounted(gap)).map(blindText);
  const uncounted = blind.filter(isUncounted).map(({ scenario }) => scenario);
  const texts = [
    ...(unseen.length === 0 ? [] : [unseen.join(", ")]),
    ...(uncounted.length === 0 ? [] : [`not counted: ${uncounted.join(", ")}`]),
  ];
  return say.text(texts.length === 0 ? nothing : texts.join("; "));
};

const MAX_WHY = 140;

const shortened = (text: string): string =>
  text.length <= MAX_WHY ? text : `${text.slice(0, MAX_WHY - 3)}...`;

export const whyCell = ({ agent, why }: Decision): Cell =>
  say.text(why.map((one) => shortened(whyText(agent, one))).join("; "));

const tellsOf = ({ run }: RunView, { why }: Decision): string =>
  [...new Set(why.flatMap((one) => tellTexts(one, run.blocks)))].join("; ");

const tellCell = (view: RunView, decision: Decision): Cell => say.text(tellsOf(view, decision));

const whyAndTellCell = (view: RunView, decision: Decision): Cell => {
  const tells = tellsOf(view, decision);
  return say.pair(whyCell(decision), ...say.when(tells !== "", say.text(`would tell: ${tells}`)));
};

/** Which agent is the cheapest of those that saw everything, and how well that is known. */
const cheapestSentence = (view: RunView): string => {
  const { agents, cheapest } = view.decisions;
  if (agents.every(({ why }) => why[0]?.kind === "unmeasured"))
    return "No agent was measured, so none is known to be fit to be rolled out.";
  if (view.host.emulated)
    return "The CPU was emulated, so nothing is known of what the agents would cost or lose on a real node.";
  if (view.selfChecks.failures.length > 0)
    return "The instrument failed its own checks, so no cost holds and no agent is the cheapest.";
  const whole = agents.filter(({ sawEverything }) => sawEverything);
  if (whole.length === 0)
    return "No agent is known to have seen everything: each loses more than its budget allows, or does not see some of the events.";
  const found = whole.find(({ agent }) => agent === cheapest?.agent);
  if (cheapest === null || found === undefined)
    return `${listShort(whole.map(({ agent }) => agent))} saw everything, and what that costs is not known.`;
  return [leaderText(cheapest, found), ...nextTexts(cheapest)].join(" ");
};

const leaderText = ({ agent, answer, tied }: Cheapest, decision: Decision): string => {
  const used = usedText(decision);
  const all = list([agent, ...tied]);
  const isTied = tied.length > 0;
  switch (answer) {
    case "within":
      return isTied
        ? `${all} saw everything within their budgets, and which of them is cheaper cannot be told; ${agent} takes ${used}.`
        : `${agent} is the cheapest that saw everything and is within its budgets: it takes ${used}.`;
    case "not-known":
      return `No agent that saw everything is known to be within its budgets. The least costly is ${agent}, not yet known: it takes ${used}.`;
    case "over":
      return `No agent that saw everything is within its budgets. The least costly is ${agent}, which is over: it takes ${used}.`;
  }
};

/** "41 % of its budget for exec, and less of any other". */
const usedText = ({ costs, budgetUsed }: Decision): string => {
  const most = costs.find(({ share }) => share !== null && share.value === budgetUsed);
  if (most === undefined || budgetUsed === null) return "an unknown part of them";
  const cost = most.cost === null ? "" : ` (${formatCost(most.cost, most.unit)})`;
  return `${formatPart(budgetUsed)} of the budget for ${most.operation}${cost}${costs.length > 1 ? ", and less of any other" : ""}`;
};

const nextTexts = ({ next }: Cheapest): readonly string[] => {
  if (next === null) return [];
  const known = next.differences.filter((one) => one.known === true);
  const dearer = known.filter(({ difference }) => difference.value > 0).map(differenceText);
  const cheaper = known.filter(({ difference }) => difference.value < 0).map(differenceText);
  if (dearer.length === 0) return [`By how much it is cheaper than ${next.agent}, the next, is not known.`];
  const but = cheaper.length === 0 ? "" : `, and less: ${list(cheaper)}`;
  return [`The next, ${next.agent}, is known to cost more: ${list(dearer)}${but}.`];
};

const differenceText = ({ operation, difference, unit }: AgentDifference): string =>
  `${formatCost(difference, unit)} for ${operation}`;
