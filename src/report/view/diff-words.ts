/** What changed between two records, in words that are the same in every format. */
import type { Answer } from "../../domain/decision.ts";
import type { AnswerChange, Change, Outcome, RecordDiff, VerdictChange } from "../../domain/comparison.ts";
import { formatConfidence, formatNumberOf, percentOf } from "../format.ts";
import { operationTitle } from "../select.ts";
import { obstacleText } from "../words/comparison.ts";
import { ANSWERS } from "./decision.ts";
import { metricTitle, verdictTitle } from "./in-short.ts";

export const outcomeTitle = (outcome: Outcome): string => {
  switch (outcome) {
    case "worse":
      return "worse";
    case "better":
      return "better";
    case "same":
      return "no change";
    case "open":
      return "cannot tell";
  }
};

/** "+1.2 % [0.8, 1.6]", of the operation or of the old level. */
export const percentText = ({ percent }: Change): string | null => {
  if (percent === null) return null;
  const ratio = (one: number): number => 1 + one / 100;
  const { value, unit, range } = percentOf({
    value: ratio(percent.value),
    low: percent.low === null ? null : ratio(percent.low),
    high: percent.high === null ? null : ratio(percent.high),
  });
  return [value, unit, range].filter((part) => part !== null).join(" ");
};

export const verdictChangeText = ({ old, new: now }: VerdictChange): string => {
  const either = now ?? old;
  if (either === null) return "";
  const title = (verdict: typeof old): string =>
    verdict === null ? "not judged" : verdictTitle(verdict.kind);
  return `${either.agent} on ${operationTitle(either)} (${either.load}), ${metricTitle(either.metric)}: ${title(old)}, now ${title(now)}`;
};

/** "falco: within, now over". */
export const answerChangeText = ({ agent, old, new: now }: AnswerChange): string => {
  const title = (answer: Answer | null): string =>
    answer === null ? "not in this record" : ANSWERS[answer].title;
  return `${agent}: ${title(old)}, now ${title(now)}`;
};

const count = (diff: RecordDiff, outcome: Outcome): number =>
  [...diff.changes, ...diff.losses].filter((one) => one.outcome === outcome).length;

/** What a reader wants to know first. */
export const diffInWords = (diff: RecordDiff): readonly string[] => {
  const family = `${formatNumberOf(diff.judged, "comparison")} ${diff.judged === 1 ? "is" : "are"} judged together at ${formatConfidence(0.95)}, changes under ${diff.tolerancePercent} % do not count`;
  const tally = (["worse", "better", "same", "open"] as const)
    .map((outcome) => [outcome, count(diff, outcome)] as const)
    .filter(([, number]) => number > 0)
    .map(([outcome, number]) => `${number} ${outcomeTitle(outcome)}`);
  return [
    ...diff.obstacles.map((obstacle) => `No judgement on cost: ${obstacleText(obstacle)}.`),
    diff.judged === 0
      ? "Nothing can be judged: no figure has an interval in both records."
      : `${tally.join(", ")}: ${family}.`,
    `${diff.old.label} against ${diff.new.label}${diff.varies.length === 0 ? "" : `; what differs: ${diff.varies.map(({ key }) => key).join(", ")}`}.`,
  ];
};
