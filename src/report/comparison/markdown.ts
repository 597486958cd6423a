/** A comparison for a pull request or a wiki: costs and losses, a column a record. */
import type { ComparedFigure, Comparison } from "../../domain/comparison.ts";
import { METRICS } from "../../domain/units.ts";
import type { MetricId } from "../../domain/units.ts";
import { MISSING, formatCost, formatLevel, formatLoss, formatValue, percentOf } from "../format.ts";
import { plain, table } from "../markdown-text.ts";
import { groupTitle, isPaired, operationTitle } from "../select.ts";
import { stateTitle, trustChecks } from "../trust-words.ts";
import { comparedGroups, figuresOfMetric, sensorsOfSides } from "./select.ts";
import { LONG, apartText, bannersOf, comparisonInWords, shown } from "./words.ts";

const SHOWN: readonly MetricId[] = ["workload-cpu", "system-cpu", "agent-memory"];

const cell = (metric: MetricId, estimate: ComparedFigure["figures"][number]): string => {
  if (estimate === null) return MISSING;
  const print = isPaired(metric) ? formatCost : formatLevel;
  const percent = estimate.ratio === null ? "" : ` (${percentOf(estimate.ratio).value} %)`;
  const exploratory = estimate.absolute.low === null ? " exploratory" : "";
  return `${plain(print(estimate.absolute, estimate.unit))}${percent}, n=${estimate.blocks}${exploratory}`;
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines];

/** GitHub-flavoured Markdown, ending in a newline. */
export const renderComparisonMarkdown = (whole: Comparison): string => {
  const comparison = sensorsOfSides(whole);
  const { sides, varies, keptApart, losses, pools } = comparison;
  const labels = sides.map(({ label }) => plain(label));
  const columns = labels.map((label) => [label, "right"] as const);
  const lines = [
    `## tare: ${sides.length} records side by side`,
    "",
    ...bannersOf(comparison).flatMap((text) => [`> **${plain(text)}**`, ""]),
    ...comparisonInWords(comparison).map((sentence) => `${plain(sentence)}  `),
    ...section(
      "What differs",
      varies.length === 0
        ? ["Nothing that was recorded."]
        : table(
            [["key"], ...labels.map((label) => [label] as const)],
            varies.map((one) => [
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
      "Not put together",
      keptApart.map((apart) => `- ${plain(apartText(apart, sides))}`),
    ),
    ...SHOWN.flatMap((metric) =>
      section(
        `${METRICS[metric].title}${isPaired(metric) ? " above baseline" : ""}`,
        comparedGroups(comparison).flatMap((group) => {
          const rows = figuresOfMetric(group, metric);
          return rows.length === 0
            ? []
            : [
                `**${plain(groupTitle({ ...group, estimates: [] }))}**`,
                "",
                ...table(
                  [["agent"], ...columns],
                  rows.map(({ agent, figures }) => [
                    plain(agent),
                    ...figures.map((estimate) => cell(metric, estimate)),
                  ]),
                ),
                "",
              ];
        }),
      ),
    ),
    ...section(
      "Events lost, exact 95 % interval",
      losses.length === 0
        ? []
        : table(
            [["agent"], ["scenario"], ...columns],
            losses.map(({ agent, scenario, load, rows }) => [
              plain(agent),
              plain(`${scenario} (${load})`),
              ...rows.map((row) => (row === null ? MISSING : plain(formatLoss(row.lossRate)))),
            ]),
          ),
    ),
    ...pools.flatMap((pool) =>
      section(
        `Nodes of one kind: ${plain(pool.title)}`,
        pool.distributions
          .filter(({ metric }) => SHOWN.includes(metric))
          .map(({ agent, metric, unit, median, least, most, outliers, ...at }) => {
            const odd = outliers.map((side) => labels[side] ?? "").join(", ");
            return `- ${plain(`${agent} on ${operationTitle(at)}, ${METRICS[metric].title}`)}: median ${formatValue(median, unit)}, from ${formatValue(least, unit)} to ${formatValue(most, unit)}${odd === "" ? "" : `; **stands out: ${odd}**`}`;
          }),
      ),
    ),
    ...section(
      "Trust in the instrument",
      sides.flatMap((side) =>
        trustChecks(side.summary).map(
          ({ title, state, text }) =>
            `- ${plain(side.label)}, ${title}: **${stateTitle(state)}**, ${plain(text)}`,
        ),
      ),
    ),
    ...section(
      "Warnings",
      sides.flatMap((side) =>
        side.summary.warnings.map((warning) => `- ${plain(`${side.label}: ${warning}`)}`),
      ),
    ),
  ];
  return `${lines.join("\n")}\n`;
};
