/** What changed between two records, as sections. */
import type { Change, Outcome, RecordDiff } from "../../domain/comparison.ts";
import { METRICS } from "../../domain/units.ts";
import type { VerdictKind } from "../../domain/verdict.ts";
import { formatLoss, formatNumberOf } from "../format.ts";
import { conditionsOf, isPaired, operationTitle } from "../select.ts";
import { openText } from "../words/comparison.ts";
import { keptApartText } from "./comparison-words.ts";
import { differenceRows } from "./comparison.ts";
import { outcomeTitle, percentText, verdictChangeText } from "./diff-words.ts";
import type { Block, Cell, Section } from "./section.ts";
import * as say from "./section.ts";

/** What calls for something first. */
const ORDER: readonly Outcome[] = ["worse", "better", "open", "same"];

/** The look of the verdict that means the same for a reader. */
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

const changeCells = (change: Change): readonly Cell[] => {
  const of = isPaired(change.metric) ? say.cost : say.level;
  const difference = say.cost(change.difference, change.unit);
  const percent = percentText(change);
  return [
    outcomeCell(change.outcome),
    say.agent(change.agent),
    say.place(operationTitle(change), conditionsOf(change)),
    say.text(METRICS[change.metric].title),
    of(change.old.absolute, change.unit),
    of(change.new.absolute, change.unit),
    percent === null ? difference : say.pair(difference, say.figures(percent)),
    say.text(change.reason === null ? "" : openText(change.reason)),
  ];
};

const changeTable = (changes: readonly Change[]): Block =>
  say.table(
    "Figures of both records, and their difference with its 95 % interval",
    [
      say.key("change"),
      say.key("agent"),
      say.key("operation"),
      say.key("metric"),
      say.right("old"),
      say.right("new"),
      say.right("difference, 95 % interval"),
      { title: "why", terminal: "below" },
    ],
    changes.map((change) => ({ cells: changeCells(change) })),
  );

const costSection = ({ changes }: RecordDiff): Section => {
  const judged = inOrder(changes);
  const loud = judged.filter(({ outcome }) => outcome === "worse" || outcome === "better");
  const quiet = judged.filter((change) => !loud.includes(change));
  const unjudged = changes.filter(({ outcome }) => outcome === null);
  const folded = (title: string, all: readonly Change[]): readonly Block[] =>
    all.length === 0 ? [] : [{ kind: "folded", title, blocks: [changeTable(all)] }];
  return {
    id: "cost",
    title: "Cost",
    blocks: [
      ...(judged.length === 0 ? [say.note("No judged figure is in both records.")] : []),
      ...(judged.length > 0 && loud.length === 0 ? [say.note("Nothing changed beyond noise.")] : []),
      ...(loud.length === 0 ? [] : [changeTable(loud)]),
      ...(quiet.length === 0 ? [] : [{ ...changeTable(quiet), on: ["terminal"] as const }]),
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
      : say.table(
          "Shares of the events lost in both records, with their exact 95 % intervals",
          [say.key("change"), say.key("agent"), say.key("scenario"), "old", "new"],
          inOrder(losses).map((change) => [
            outcomeCell(change.outcome),
            say.agent(change.agent),
            say.place(change.scenario, conditionsOf(change)),
            say.figures(formatLoss(change.old.lossRate)),
            say.figures(formatLoss(change.new.lossRate)),
          ]),
        ),
  ],
});

export const diffSections = (diff: RecordDiff): readonly Section[] => [
  costSection(diff),
  lossSection(diff),
  {
    id: "verdicts",
    title: "Verdicts that changed",
    blocks: diff.verdicts.length === 0 ? [] : [say.list(diff.verdicts.map(verdictChangeText))],
  },
  {
    id: "differs",
    title: "What differs between the records",
    blocks: [
      diff.varies.length === 0
        ? say.note("Nothing that was recorded.")
        : say.table(
            "What is not the same in both records",
            ["key", "old", "new"],
            differenceRows(diff.varies),
          ),
    ],
  },
  {
    id: "apart",
    title: "Not compared",
    blocks:
      diff.keptApart.length === 0
        ? []
        : [say.list(diff.keptApart.map((apart) => keptApartText(apart, [diff.old, diff.new])))],
  },
];
