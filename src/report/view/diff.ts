/** What changed between two records, as sections. */
import type { Change, Outcome, RecordDiff } from "../../domain/comparison.ts";
import { METRICS } from "../../domain/units.ts";
import type { VerdictKind } from "../../domain/verdict.ts";
import { formatLoss, formatNumberOf } from "../format.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import { openText } from "../words/comparison.ts";
import { keptApartText } from "./comparison-words.ts";
import { differenceBlock } from "./comparison.ts";
import { outcomeTitle, percentText, verdictChangeText } from "./diff-words.ts";
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

const costSection = ({ changes }: RecordDiff): Section => {
  const judged = inOrder(changes);
  const loud = judged.filter(({ outcome }) => outcome === "worse" || outcome === "better");
  const quiet = judged.filter((change) => !loud.includes(change));
  const unjudged = changes.filter(({ outcome }) => outcome === null);
  const folded = (title: string, all: readonly Change[]): readonly Block[] =>
    say.when(all.length > 0, { kind: "folded", title, blocks: [changeTable(all)] });
  return {
    id: "cost",
    title: "Cost",
    blocks: [
      ...say.when(judged.length === 0, say.note("No judged figure is in both records.")),
      ...say.when(judged.length > 0 && loud.length === 0, say.note("Nothing changed beyond noise.")),
      ...say.when(loud.length > 0, changeTable(loud)),
      ...say.when<Block>(quiet.length > 0, { ...changeTable(quiet), on: ["terminal"] }),
      ...folded(`${formatNumberOf(quiet.length, "judged figure")} without a change beyond noise`, quiet),
      ...folded(`${formatNumberOf(unjudged.length, "figure")} shown and not judged`, unjudged),
    ],
  };
};

const lossSection = ({ losses }: RecordDiff): Section => ({
  id: "events",
  title: "Events lost",
  blocks: [
    losses.length === 0
      ? say.note("No events were counted in both records.")
      : say.tableOf(
          "Shares of the events lost in both records, with their exact 95 % intervals",
          inOrder(losses),
          [
            [say.key("change"), ({ outcome }) => outcomeCell(outcome)],
            [say.key("agent"), ({ agent }) => say.agent(agent)],
            [say.key("scenario"), (change) => say.place(change.scenario, conditionsOf(change))],
            ["old", (change) => say.figures(formatLoss(change.old.lossRate))],
            ["new", (change) => say.figures(formatLoss(change.new.lossRate))],
          ],
        ),
  ],
});

export const diffSections = (diff: RecordDiff): readonly Section[] => [
  costSection(diff),
  lossSection(diff),
  {
    id: "verdicts",
    title: "Verdicts that changed",
    blocks: say.when(diff.verdicts.length > 0, say.list(diff.verdicts.map(verdictChangeText))),
  },
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
];
