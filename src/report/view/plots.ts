/** Interval plots of estimates: costs in absolute terms and in percent, levels. */
import { METRICS, type MetricId } from "../../domain/units.ts";
import { comparableOf, keyOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Estimate, Interval } from "../../domain/verdict.ts";
import { drawIntervalPlot, type PlotLine, type PlotRow } from "../charts/interval-plot.ts";
import { type Agents, lookOf } from "../charts/palette.ts";
import { asPercent, formatCost, formatFigure, formatLevel, percentOf, scaleOf } from "../format.ts";
import type { Scale } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { find, groupTitle, isExploratory, isPaired, testedAgents, type Group } from "../select.ts";
import type { Cell, Drawing } from "./section.ts";
import * as say from "./section.ts";

/** "n = 12", or "exploratory, n = 3" where one of the figures has no interval. */
export const blocksNote = (estimates: readonly Estimate[]): string => {
  const blocks = Math.min(...estimates.map((estimate) => estimate.blocks));
  return estimates.some(isExploratory) ? `exploratory, n = ${blocks}` : `n = ${blocks}`;
};

/** Signed where it is a difference from the baseline. */
export const estimateCell = ({ absolute, metric, unit }: Estimate, scale?: Scale): Cell =>
  (isPaired(metric) ? say.cost : say.level)(absolute, unit, scale);

/** "sensor: +1.2 µs/op [0.7, 1.8], +14 % [8, 20], n = 12". */
const tipOf = (name: string, estimate: Estimate): string => {
  const { absolute, ratio, unit, metric } = estimate;
  const percent = ratio === null ? [] : [typeset(formatFigure(percentOf(ratio)))];
  const figure = isPaired(metric) ? formatCost(absolute, unit) : formatLevel(absolute, unit);
  return [`${name}: ${typeset(figure)}`, ...percent, blocksNote([estimate])].join(", ");
};

/** An estimate as a row of a plot; `name` where the agent alone does not tell it apart. */
export interface Plotted {
  readonly estimate: Estimate;
  readonly name?: string;
}

const rowsOf = (
  view: Agents,
  plotted: readonly Plotted[],
  at: (estimate: Estimate) => Interval | null,
): readonly PlotRow[] =>
  plotted.flatMap(({ estimate, name = estimate.agent }) => {
    const place = at(estimate);
    return place === null
      ? []
      : [
          {
            title: name,
            agent: estimate.agent,
            note: blocksNote([estimate]),
            tip: tipOf(name, estimate),
            ...lookOf(view, estimate.agent),
            at: place,
          },
        ];
  });

interface PlotWords {
  readonly name: string;
  /** What a row is, and what else the chart shows: "in process-exec / exec (closed), one row an agent". */
  readonly where: string;
  readonly linesOf?: (scale: number) => readonly PlotLine[];
}

/** All in the unit that fits the largest. Nothing where there is no estimate. */
export const absoluteDrawing = (
  view: Agents,
  plotted: readonly Plotted[],
  { name, where, linesOf = () => [] }: PlotWords,
): readonly Drawing[] => {
  const [first] = plotted;
  if (first === undefined) return [];
  const { metric, unit } = first.estimate;
  const ends = plotted.flatMap(({ estimate: { absolute } }) =>
    [absolute.value, absolute.low, absolute.high].filter((one) => one !== null),
  );
  const scale = scaleOf(unit, ends);
  const scaled = (one: number | null): number | null => (one === null ? null : one / scale.size);
  const title = `${METRICS[metric].title}${isPaired(metric) ? " above baseline" : ""}`;
  return [
    () =>
      drawIntervalPlot({
        name,
        label: `${title} ${where}, ${typeset(scale.name)}`,
        axis: `${title}, ${typeset(scale.name)}`,
        rows: rowsOf(view, plotted, ({ absolute: { value, low, high } }) => ({
          value: value / scale.size,
          low: scaled(low),
          high: scaled(high),
        })),
        lines: linesOf(scale.size),
      }),
  ];
};

/** Nothing where no estimate has a ratio. */
export const percentDrawing = (
  view: Agents,
  plotted: readonly Plotted[],
  { name, where, linesOf = () => [] }: PlotWords,
): readonly Drawing[] => {
  const rows = rowsOf(view, plotted, ({ ratio }) => (ratio === null ? null : asPercent(ratio)));
  const [first] = plotted;
  if (first === undefined || rows.length === 0) return [];
  const title = `${METRICS[first.estimate.metric].title} above baseline`;
  return [
    () =>
      drawIntervalPlot({
        name,
        label: `${title} ${where}, percent of the baseline`,
        axis: `${title}, %`,
        rows,
        lines: linesOf(1),
      }),
  ];
};

export const plottedOf = (view: RunView, group: Group, metric: MetricId): readonly Plotted[] =>
  testedAgents(view).flatMap(({ id }) => {
    const estimate = find(group, id, metric);
    return estimate === undefined ? [] : [{ estimate }];
  });

const budgetLines = (
  view: RunView,
  group: Group,
  metric: MetricId,
  kind: "percent" | "absolute",
  scale: number,
): readonly PlotLine[] => {
  const limits = view.verdicts.flatMap((verdict) => {
    const isHere = keyOf(comparableOf(verdict)) === keyOf(comparableOf(group)) && verdict.metric === metric;
    if (!isHere || verdict.budget.kind !== kind) return [];
    return [verdict.budget.kind === "percent" ? verdict.budget.percent : verdict.budget.value / scale];
  });
  return [...new Set(limits)].map((at) => ({ at, title: "budget" }));
};

export const costDrawings = (
  view: RunView,
  group: Group,
  metric: MetricId,
  index: number,
): readonly Drawing[] => {
  const plotted = plottedOf(view, group, metric);
  const where = `in ${groupTitle(group)}, one row an agent; the table below holds the same figures`;
  return [
    ...absoluteDrawing(view, plotted, {
      name: `cost-${index + 1}`,
      where,
      linesOf: (scale) => budgetLines(view, group, metric, "absolute", scale),
    }),
    ...percentDrawing(view, plotted, {
      name: `cost-percent-${index + 1}`,
      where,
      linesOf: () => budgetLines(view, group, metric, "percent", 1),
    }),
  ];
};
