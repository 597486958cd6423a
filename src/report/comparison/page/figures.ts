/** Costs and levels, a column a record and a row an agent and record in the charts. */
import type { ComparedFigure } from "../../../domain/comparison.ts";
import { METRICS } from "../../../domain/units.ts";
import type { MetricId } from "../../../domain/units.ts";
import type { Estimate } from "../../../domain/verdict.ts";
import { drawIntervalPlot } from "../../charts/interval-plot.ts";
import type { PlotRow } from "../../charts/interval-plot.ts";
import { colourOf } from "../../charts/palette.ts";
import { asPercent, scaleOf } from "../../format.ts";
import { blocksNote, endsOf, tipOf } from "../../page/cost.ts";
import { html, joined } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { agentLabel, chartName, charts, note, section, table } from "../../page/parts.ts";
import type { TableRow } from "../../page/parts.ts";
import { absent, figureMarkup, percentMarkup, typeset } from "../../page/typeset.ts";
import { conditionsOf, groupTitle, isPaired, isWallClock, operationTitle } from "../../select.ts";
import { comparedGroups } from "../select.ts";
import type { ComparedGroup } from "../select.ts";
import { sideColumns } from "./context.ts";
import type { Context } from "./context.ts";

export const COSTS: readonly MetricId[] = [
  "workload-cpu",
  "system-cpu",
  "wall",
  "latency-p50",
  "latency-p99",
  "response-p99",
];
export const LEVELS: readonly MetricId[] = [
  "agent-cpu",
  "agent-cores",
  "agent-memory",
  "agent-memory-peak",
  "bpf-map-memory",
  "output-volume",
];

/** One row an agent and record; the record stands in the label's second line. */
const plotRows = (
  { comparison, agents }: Context,
  rows: readonly ComparedFigure[],
  at: (estimate: Estimate) => PlotRow["at"] | null,
): readonly PlotRow[] =>
  rows.flatMap(({ agent, figures }) =>
    figures.flatMap((estimate, index) => {
      const place = estimate === null ? null : at(estimate);
      return estimate === null || place === null
        ? []
        : [
            {
              title: `${agent}, ${comparison.sides[index]?.label ?? ""}`,
              agent,
              note: blocksNote([estimate]),
              tip: tipOf(estimate, `${agent}, ${comparison.sides[index]?.label ?? ""}`),
              colour: colourOf(agents, agent),
              at: place,
            },
          ];
    }),
  );

const drawCosts = async (
  context: Context,
  group: ComparedGroup,
  metric: MetricId,
  index: number,
): Promise<readonly string[]> => {
  const rows = group.figures.filter((figure) => figure.metric === metric);
  const estimates = rows.flatMap(({ figures }) => figures.filter((one) => one !== null));
  const [first] = estimates;
  if (first === undefined) return [];
  const scale = scaleOf(first.unit, endsOf(estimates));
  const title = groupTitle({ ...group, estimates: [] });
  const scaled = (one: number | null): number | null => (one === null ? null : one / scale.size);
  const absolute = drawIntervalPlot({
    name: chartName("cost", index),
    label: `${METRICS[metric].title} above baseline in ${title}, ${typeset(scale.name)}, one row an agent and record; the table below holds the same figures`,
    axis: `${METRICS[metric].title} above baseline, ${typeset(scale.name)}`,
    rows: plotRows(context, rows, ({ absolute: { value, low, high } }) => ({
      value: value / scale.size,
      low: scaled(low),
      high: scaled(high),
    })),
  });
  const relative = plotRows(context, rows, ({ ratio }) => (ratio === null ? null : asPercent(ratio)));
  if (relative.length === 0) return [await absolute];
  return Promise.all([
    absolute,
    drawIntervalPlot({
      name: chartName("cost-percent", index),
      label: `${METRICS[metric].title} above baseline in ${title}, percent of the baseline, one row an agent and record`,
      axis: `${METRICS[metric].title} above baseline, %`,
      rows: relative,
    }),
  ]);
};

const figureRows = (
  { comparison, agents }: Context,
  group: ComparedGroup,
  metrics: readonly MetricId[],
): readonly TableRow[] =>
  metrics.flatMap((metric) =>
    group.figures
      .filter((figure) => figure.metric === metric)
      .map(({ agent, figures }) => ({
        header: agentLabel(agents, agent),
        doubtful:
          isWallClock(metric) && comparison.sides.some(({ summary }) => summary.trust.noise.contended),
        cells: [
          html`${METRICS[metric].title}`,
          ...figures.map((estimate) =>
            estimate === null
              ? absent("no such figure in this record")
              : html`${figureMarkup(estimate.absolute, estimate.unit, { sign: isPaired(metric) })}${estimate.ratio === null ? null : html`<small>${percentMarkup(estimate.ratio)}</small>`}`,
          ),
        ],
      })),
  );

export const figureSection = async (
  context: Context,
  id: "cost" | "levels",
  title: string,
  metrics: readonly MetricId[],
): Promise<Markup> => {
  const parts = await Promise.all(
    comparedGroups(context.comparison).map(async (group, index) => {
      const rows = figureRows(context, group, metrics);
      if (rows.length === 0) return [];
      const headline = metrics.find((metric) => group.figures.some((one) => one.metric === metric));
      const drawn =
        id === "levels" || headline === undefined ? [] : await drawCosts(context, group, headline, index);
      return [
        html`<h3>${operationTitle(group)} <small>${conditionsOf(group)}</small></h3>
          ${drawn.length === 0 ? null : charts(...drawn)}
          ${table(
            `${title}: ${groupTitle({ ...group, estimates: [] })}, means over blocks with their intervals`,
            [{ title: "agent" }, { title: "metric" }, ...sideColumns(context, true)],
            rows,
            "dense",
          )}`,
      ];
    }),
  );
  const present = parts.flat();
  return section(
    id,
    title,
    present.length === 0 ? note("No figure can be put side by side.") : joined(present, ""),
  );
};
