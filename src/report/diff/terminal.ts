/** What changed, for a terminal. */
import type { Change, Outcome, RecordDiff } from "../../domain/comparison.ts";
import { formatLoss } from "../format.ts";
import { apartText, shown } from "../comparison/words.ts";
import { NARROWEST, INDENT, heading, painter, paragraph } from "../terminal/page.ts";
import type { Page, Style } from "../terminal/page.ts";
import type { TerminalOptions } from "../terminal.ts";
import {
  changeTitle,
  diffInWords,
  differenceText,
  estimateText,
  outcomeTitle,
  percentText,
  verdictChangeText,
} from "./words.ts";

const STYLE: Readonly<Record<Outcome, Style>> = {
  worse: "red",
  better: "green",
  same: "dim",
  open: "yellow",
};

const ORDER: readonly Outcome[] = ["worse", "better", "open", "same"];

const entry = (page: Page, outcome: Outcome, title: string, figures: string): readonly string[] => [
  ...paragraph(page, `${outcomeTitle(outcome)}: ${title}`, INDENT).map((line) =>
    page.paint(STYLE[outcome], line),
  ),
  ...paragraph(page, figures, `${INDENT}${INDENT}`),
];

const figuresOf = (change: Change): string => {
  const percent = percentText(change);
  return `${estimateText(change, "old")}, now ${estimateText(change, "new")}: ${differenceText(change)}${percent === null ? "" : `, ${percent}`}${change.why === null ? "" : ` (${change.why})`}`;
};

/** @returns lines that end in a newline; without escape sequences when `colour` is false */
export const renderDiffTerminal = (diff: RecordDiff, options: TerminalOptions): string => {
  const page: Page = { columns: Math.max(NARROWEST, options.columns), paint: painter(options.colour) };
  const { changes, losses } = diff;
  const costs = ORDER.flatMap((outcome) =>
    changes
      .filter((change) => change.outcome === outcome)
      .flatMap((change) => entry(page, outcome, changeTitle(change), figuresOf(change))),
  );
  const lost = ORDER.flatMap((outcome) =>
    losses
      .filter((change) => change.outcome === outcome)
      .flatMap((change) =>
        entry(
          page,
          outcome,
          `${change.agent} on ${change.scenario} (${change.load})`,
          `lost ${formatLoss(change.old.lossRate)}, now ${formatLoss(change.new.lossRate)}`,
        ),
      ),
  );
  const bullets = (title: string, items: readonly string[]): readonly string[] =>
    items.length === 0
      ? []
      : [...heading(page, title), ...items.flatMap((item) => paragraph(page, item, INDENT, INDENT + INDENT))];
  const lines = [
    ...heading(page, "Cost").slice(1),
    ...(costs.length === 0 ? [`${INDENT}no judged figure is in both records`] : costs),
    ...heading(page, "Events lost"),
    ...(lost.length === 0 ? [`${INDENT}no events were counted in both records`] : lost),
    ...bullets("Verdicts that changed", diff.verdicts.map(verdictChangeText)),
    ...bullets(
      "What differs between the records",
      diff.varies.map((one) => {
        const [old, now] = one.values.map((value) => shown(one, value) ?? "(not there)");
        return `${one.key}: ${old ?? ""}, now ${now ?? ""}`;
      }),
    ),
    ...bullets(
      "Not compared",
      diff.keptApart.map((apart) => apartText(apart, [diff.old, diff.new])),
    ),
    ...bullets("In short", diffInWords(diff)),
  ];
  return `${lines.join("\n")}\n`;
};
