/** What changed, for a pull request: what is worse or better as tables, the rest folded away. */
import type { Change, LossChange, RecordDiff } from "../../domain/comparison.ts";
import { METRICS } from "../../domain/units.ts";
import { MISSING, formatLoss } from "../format.ts";
import { plain, table } from "../markdown-text.ts";
import { LONG, apartText, shown } from "../comparison/words.ts";
import { operationTitle } from "../select.ts";
import {
  diffInWords,
  differenceText,
  estimateText,
  outcomeTitle,
  percentText,
  verdictChangeText,
} from "./words.ts";

const changeRow = (change: Change): readonly string[] => [
  change.outcome === null ? MISSING : `**${outcomeTitle(change.outcome)}**`,
  plain(change.agent),
  plain(`${operationTitle(change)} (${change.load})`),
  METRICS[change.metric].title,
  plain(estimateText(change, "old")),
  plain(estimateText(change, "new")),
  plain(`${differenceText(change)}${percentText(change) === null ? "" : ` = ${percentText(change) ?? ""}`}`),
];

const changeTable = (changes: readonly Change[]): readonly string[] =>
  table(
    [
      ["change"],
      ["agent"],
      ["operation"],
      ["metric"],
      ["old", "right"],
      ["new", "right"],
      ["difference, 95 % interval", "right"],
    ],
    changes.map(changeRow),
  );

const lossRow = (change: LossChange): readonly string[] => [
  `**${outcomeTitle(change.outcome)}**`,
  plain(change.agent),
  plain(`${change.scenario} (${change.load})`),
  plain(formatLoss(change.old.lossRate)),
  plain(formatLoss(change.new.lossRate)),
];

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines];

const folded = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", `<details><summary>${title}</summary>`, "", ...lines, "", "</details>"];

/** GitHub-flavoured Markdown, ending in a newline. */
export const renderDiffMarkdown = (diff: RecordDiff): string => {
  const { changes, losses } = diff;
  const loud = changes.filter(({ outcome }) => outcome === "worse" || outcome === "better");
  const quiet = changes.filter((change) => !loud.includes(change) && change.outcome !== null);
  const shownOnly = changes.filter(({ outcome }) => outcome === null);
  const loudLosses = losses.filter(({ outcome }) => outcome !== "same");
  const whyOpen = [
    ...new Set(quiet.flatMap(({ outcome, why }) => (outcome === "open" && why !== null ? [why] : []))),
  ];
  const lines = [
    "## tare: what changed",
    "",
    ...diffInWords(diff).map((sentence) => `${plain(sentence)}  `),
    ...section("Costs that changed beyond noise", loud.length === 0 ? ["None."] : changeTable(loud)),
    ...section(
      "Losses that changed beyond noise",
      loudLosses.length === 0
        ? ["None."]
        : table([["change"], ["agent"], ["scenario"], ["old"], ["new"]], loudLosses.map(lossRow)),
    ),
    ...section(
      "Verdicts that changed",
      diff.verdicts.map((change) => `- ${plain(verdictChangeText(change))}`),
    ),
    ...section(
      "What differs between the records",
      diff.varies.length === 0
        ? ["Nothing that was recorded."]
        : table(
            [["key"], ["old"], ["new"]],
            diff.varies.map((one) => [
              plain(one.key),
              ...one.values.map((value) => {
                const text = shown(one, value);
                return text === null
                  ? MISSING
                  : plain(text.length > LONG ? `${text.slice(0, LONG)}...` : text);
              }),
            ]),
          ),
    ),
    ...section(
      "Not compared",
      diff.keptApart.map((apart) => `- ${plain(apartText(apart, [diff.old, diff.new]))}`),
    ),
    ...folded(
      `${quiet.length} judged figures without a change beyond noise`,
      quiet.length === 0
        ? []
        : [...changeTable(quiet), "", ...whyOpen.map((why) => `- cannot tell: ${plain(why)}`)],
    ),
    ...folded(
      `${shownOnly.length} figures that are shown and not judged`,
      shownOnly.length === 0 ? [] : changeTable(shownOnly),
    ),
  ];
  return `${lines.join("\n")}\n`;
};
