/** Records of one kind of node as a distribution, with the node that stands out. */
import type { Distribution, Pool } from "../../../domain/comparison.ts";
import { METRICS } from "../../../domain/units.ts";
import type { MetricId } from "../../../domain/units.ts";
import { colourOf } from "../../charts/palette.ts";
import { drawStripPlot } from "../../charts/strip-plot.ts";
import { formatNumberOf, formatValue, scaleOf } from "../../format.ts";
import { html, joined } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { agentLabel, chartName, charts, note, section, table } from "../../page/parts.ts";
import { absent, typeset } from "../../page/typeset.ts";
import { conditionsOf, isPaired, operationTitle } from "../../select.ts";
import type { Context } from "./context.ts";

const stripOf = (
  { comparison, agents }: Context,
  all: readonly Distribution[],
  index: number,
): Promise<string> => {
  const [first] = all;
  if (first === undefined) throw new RangeError("no distribution to draw");
  const scale = scaleOf(
    first.unit,
    all.flatMap(({ values }) => values.map(({ value }) => value)),
  );
  return drawStripPlot({
    name: chartName("pool", index),
    label: `${METRICS[first.metric].title} in ${operationTitle(first)}, ${typeset(scale.name)}: a dot a record, a line at the median, records that stand out named; the table below holds the same figures`,
    axis: `${METRICS[first.metric].title}${isPaired(first.metric) ? " above baseline" : ""}, ${typeset(scale.name)}`,
    rows: all.map((one) => ({
      title: one.agent,
      agent: one.agent,
      note: `${one.values.length} records`,
      colour: colourOf(agents, one.agent),
      median: one.median / scale.size,
      medianTip: `${one.agent}, median of ${formatNumberOf(one.values.length, "record")}: ${typeset(formatValue(one.median, one.unit))}`,
      points: one.values.map(({ side, value }) => ({
        value: value / scale.size,
        name: one.outliers.includes(side) ? (comparison.sides[side]?.label ?? "") : null,
        tip: `${one.agent}, ${comparison.sides[side]?.label ?? ""}: ${typeset(formatValue(value, one.unit))}`,
      })),
    })),
  });
};

const poolPart = async (context: Context, pool: Pool, first: number): Promise<Markup> => {
  const { comparison, agents } = context;
  const shownMetrics: readonly MetricId[] = ["workload-cpu", "system-cpu", "agent-memory"];
  const distributions = pool.distributions.filter(({ metric }) => shownMetrics.includes(metric));
  const groups = [
    ...Map.groupBy(
      distributions.filter(({ metric }) => metric === "workload-cpu"),
      ({ scenario, operation, load, placement }) => JSON.stringify([scenario, operation, load, placement]),
    ).values(),
  ];
  const drawn = await Promise.all(groups.map((group, index) => stripOf(context, group, first + index)));
  return html`<h3>${pool.title} <small>${formatNumberOf(pool.sides.length, "record")}</small></h3>
    ${drawn.length === 0 ? note("Too few records share a figure.") : charts(...drawn)}
    ${
      distributions.length === 0
        ? null
        : table(
            "Figures over the records of this kind of node",
            [
              { title: "agent" },
              { title: "operation" },
              { title: "metric" },
              { title: "median", numeric: true },
              { title: "least", numeric: true },
              { title: "most", numeric: true },
              { title: "spread over records", numeric: true },
              { title: "stands out" },
            ],
            distributions.map(
              ({ agent, metric, unit, median, least, most, spread, outliers, values, ...at }) => ({
                header: agentLabel(agents, agent),
                cells: [
                  html`${operationTitle(at)} <small>${conditionsOf(at)}</small>`,
                  html`${METRICS[metric].title}`,
                  ...[median, least, most, spread].map((one) => html`${typeset(formatValue(one, unit))}`),
                  outliers.length === 0
                    ? absent(values.length < 4 ? "too few records to tell" : "none")
                    : html`<span class="alarm"
                        >${outliers.map((side) => comparison.sides[side]?.label ?? "").join(", ")}</span
                      >`,
                ],
              }),
            ),
          )
    }`;
};

export const poolSection = async (context: Context): Promise<Markup> => {
  const parts: Markup[] = [];
  let drawn = 0;
  for (const pool of context.comparison.pools) {
    parts.push(await poolPart(context, pool, drawn));
    drawn += pool.distributions.length;
  }
  return section(
    "nodes",
    "Nodes of one kind",
    parts.length === 0
      ? note(
          "There are no three records of one kind of node (architecture, kernel, CPU, memory) that were measured alike.",
        )
      : joined(parts, ""),
    note(
      "Here the record is what varies, not the block. A record stands out if it lies further from the median than three and a half times the spread of the records and its own uncertainty together; with fewer than four records none is called so.",
    ),
  );
};
