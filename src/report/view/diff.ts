/** What changed between two records, as sections. */
import type {
  Change,
  LossChange,
  OpenReason,
  Outcome,
  RecordDiff,
  VerdictChange,
} from "../../domain/comparison.ts";
import { DECIDING_METRIC, METRICS } from "../../domain/units.ts";
import type { VerdictKind } from "../../domain/verdict.ts";
import { formatLoss, formatNumberOf } from "../format.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import { openText } from "../words/comparison.ts";
import { keptApartText } from "./comparison-words.ts";
import { COUNTED } from "./counts.ts";
import { differenceBlock } from "./comparison.ts";
import { answerChangeText, outcomeTitle, percentText, verdictChangeText } from "./diff-words.ts";
import type { Block, Cell, Section } from "./section.ts";
import { estimateCell } from "./plots.ts";
import * as say from "./section.ts";

const ORDER: readonly Outcome[] = ["worse", "better", "open", "same"];

const LOOK: Readonly<Record<Outcome, VerdictKind>> = {
  worse: "over",
  better: "within",
  open: "inconclusive",
  same: "no-detectable-cost",
};

const outcomeCell = (outcome: Outcome | null): Cell =>
  outcome === null ? say.absent("not judged") : say.badge(LOOK[outcome], outcomeTitle(outcome));

const inOrder = <T extends { readonly outcome: Outcome | null }>(changes: readonly T[]): readonly T[] =>
  ORDER.flatMap((outcome) => changes.filter((change) => change.outcome === outcome));

/** The metric that decides before what it is made of. */
const decidingFirst = (changes: readonly Change[]): readonly Change[] =>
  changes.toSorted((a, b) => Number(b.metric === DECIDING_METRIC) - Number(a.metric === DECIDING_METRIC));

const differenceCell = (change: Change): Cell => {
  const difference = say.cost(change.difference, change.unit);
  const percent = percentText(change);
  return percent === null ? difference : say.pair(difference, say.figures(percent));
};

const changeTable = (changes: readonly Change[]): Block =>
  say.tableOf("Figures of both records, and their difference with its 95 % interval", changes, [
    [say.key("change"), ({ outcome }) => outcomeCell(outcome)],
    [say.key("agent"), ({ agent }) => say.agent(agent)],
    [say.key("operation"), (change) => say.place(operationTitle(change), conditionsOf(change))],
    [say.key("metric"), ({ metric }) => say.text(METRICS[metric].title)],
    [say.right("old"), (change) => estimateCell(change.old)],
    [say.right("new"), (change) => estimateCell(change.new)],
    [say.right("difference, 95 % interval"), differenceCell],
    [{ title: "why", terminal: "below" }, ({ reason }) => say.text(reason === null ? "" : openText(reason))],
  ]);

const lossTable = (losses: readonly LossChange[]): Block =>
  say.tableOf("Shares of the events lost in both records, with their 95 % intervals", losses, [
    [say.key("change"), ({ outcome }) => outcomeCell(outcome)],
    [say.key("agent"), ({ agent }) => say.agent(agent)],
    [say.key("scenario"), (change) => say.place(change.scenario, conditionsOf(change))],
    ["old", (change) => say.figures(formatLoss(change.old.lossRate))],
    ["new", (change) => say.figures(formatLoss(change.new.lossRate))],
    [{ title: "why", terminal: "below" }, ({ reason }) => say.text(reason === null ? "" : openText(reason))],
  ]);

const isLoud = ({ outcome }: { readonly outcome: Outcome | null }): boolean =>
  outcome === "worse" || outcome === "better";

const decidesIn = ({ old, new: now }: VerdictChange): boolean => {
  const kinds = [old?.kind, now?.kind];
  return kinds.includes("over") && !kinds.includes("invalid");
};

const changedSection = (diff: RecordDiff): Section => {
  const costs = inOrder(decidingFirst(diff.changes)).filter(isLoud);
  const losses = inOrder(diff.losses).filter(isLoud);
  const verdicts = diff.verdicts.filter(decidesIn);
  const isNothing = diff.answers.length + costs.length + losses.length + verdicts.length === 0;
  return {
    id: "changed",
    title: "What changed",
    blocks: [
      ...say.when(diff.new.view.counts !== undefined, say.banner(COUNTED)),
      ...say.when(diff.answers.length > 0, say.list(diff.answers.map(answerChangeText))),
      ...say.when(costs.length > 0, say.heading("Cost"), changeTable(costs)),
      ...say.when(losses.length > 0, say.heading("Events lost"), lossTable(losses)),
      ...say.when(
        verdicts.length > 0,
        say.heading("Verdicts to or from over budget"),
        say.list(verdicts.map(verdictChangeText)),
      ),
      ...say.when(isNothing, say.note(nothingText(diff))),
    ],
  };
};

const nothingText = ({ changes, losses }: RecordDiff): string =>
  [...changes, ...losses].some(({ outcome }) => outcome === "same")
    ? "Nothing that can be judged changed beyond noise."
    : "Nothing can be judged: the counts below say why.";

/** What decides nothing: a count, and everything where it is asked for. */
const restSection = (diff: RecordDiff, isAll: boolean): Section => {
  const judged = inOrder(diff.changes).filter((one) => !isLoud(one));
  const shown = diff.changes.filter(({ outcome }) => outcome === null);
  const losses = inOrder(diff.losses).filter((one) => !isLoud(one));
  const verdicts = diff.verdicts.filter((one) => !decidesIn(one));
  const counts = [
    ...countsOf("cost", judged),
    ...countsOf("loss", losses),
    ...say.when(shown.length > 0, `${formatNumberOf(shown.length, "figure")} shown and not judged`),
    ...say.when(verdicts.length > 0, `${formatNumberOf(verdicts.length, "other verdict")} changed`),
  ];
  return {
    id: "rest",
    title: "What did not change, or cannot be told",
    blocks: [
      ...say.when(counts.length > 0, say.list(counts)),
      ...(isAll
        ? [
            ...say.when(judged.length > 0, say.heading("Cost"), changeTable(judged)),
            ...say.when(losses.length > 0, say.heading("Events lost"), lossTable(losses)),
            ...say.when(shown.length > 0, say.heading("Not judged"), changeTable(shown)),
            ...say.when(verdicts.length > 0, say.list(verdicts.map(verdictChangeText))),
          ]
        : say.when(counts.length > 0, say.note("--all lists them."))),
    ],
  };
};

const PLURALS = { cost: "costs", loss: "losses" } as const;

const countsOf = (
  what: keyof typeof PLURALS,
  all: readonly { readonly outcome: Outcome | null; readonly reason: OpenReason | null }[],
): readonly string[] => {
  const same = all.filter(({ outcome }) => outcome === "same").length;
  const open = all.flatMap(({ reason }) => (reason === null ? [] : [openText(reason)]));
  return [
    ...say.when(same > 0, `${formatNumberOf(same, what, PLURALS[what])} without a change`),
    ...[...Map.groupBy(open, (text) => text)].map(
      ([text, those]) =>
        `${formatNumberOf(those.length, what, PLURALS[what])} of which it cannot be told: ${text}`,
    ),
  ];
};

/** @param isAll whether to list what did not change or cannot be told */
export const diffSections = (diff: RecordDiff, isAll: boolean): readonly Section[] => [
  changedSection(diff),
  {
    id: "differs",
    title: "What differs between the records",
    blocks: [differenceBlock("What is not the same in both records", diff.varies, ["old", "new"])],
  },
  {
    id: "apart",
    title: "Not compared",
    blocks: say.when(
      diff.keptApart.length > 0,
      say.list(diff.keptApart.map((apart) => keptApartText(apart, [diff.old, diff.new]))),
    ),
  },
  restSection(diff, isAll),
];
