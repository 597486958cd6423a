/** How long operations took, from the usual one to the rare slow one. */
import { BASELINE } from "../../domain/plan.ts";
import type { RecordLine } from "../../domain/record.ts";
import type { MetricId } from "../../domain/units.ts";
import { METRICS } from "../../domain/units.ts";
import type { Summary } from "../../domain/verdict.ts";
import { drawIntervalPlot } from "../charts/interval-plot.ts";
import { colourOf, dashOf } from "../charts/palette.ts";
import { drawPercentileCurves } from "../charts/percentile-curves.ts";
import { formatNumberOf, formatValue, scaleOf } from "../format.ts";
import { distributionsOf } from "../percentiles.ts";
import {
  conditionsOf,
  find,
  groupTitle,
  groupsOf,
  hasMetric,
  operationTitle,
  testedAgents,
} from "../select.ts";
import type { Group } from "../select.ts";
import { endsOf, plotRows } from "./cost.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, chartName, charts, detail, groups, isLong, note, section, table } from "./parts.ts";
import { absent, figureMarkup, percentMarkup, typeset } from "./typeset.ts";

const LATENCIES: readonly MetricId[] = [
  "latency-p50",
  "latency-p90",
  "latency-p99",
  "latency-p999",
  "response-p50",
  "response-p99",
];

/** What a caller would have waited comes first; a closed load has no other time than that of the service. */
const TIMED = [
  {
    timed: "response",
    name: "response",
    title: "Response time",
    axis: "response time, from when it was due",
  },
  { timed: "service", name: "latency", title: "Latency", axis: "service time, from its start" },
] as const;

/** Curves need the record; without it the contrasts of the median and of p99 are drawn. */
const chartsOf = async (
  summary: Summary,
  lines: readonly RecordLine[],
  group: Group,
  index: number,
): Promise<{
  readonly drawn: readonly string[];
  readonly below: string | null;
  readonly agents: readonly string[];
}> => {
  const agents = [BASELINE, ...testedAgents(summary).map((agent) => agent.id)];
  const curves = TIMED.map(({ timed, ...how }) => ({
    ...how,
    distributions: distributionsOf(lines, group, agents, timed),
  })).filter(({ distributions }) => distributions.length > 0);
  if (curves.length > 0) {
    const all = curves.flatMap(({ distributions }) => distributions);
    const least = Math.min(...all.map((one) => one.operations));
    return {
      drawn: await Promise.all(
        curves.map(({ name, title, axis, distributions }) =>
          drawPercentileCurves({
            name: chartName(name, index),
            label: `${title} by percentile in ${groupTitle(group)}, logarithmic, one line an agent and one for the baseline`,
            axis: group.load === "closed" ? "latency" : axis,
            curves: distributions.map((one) => ({
              ...one,
              colour: colourOf(summary, one.agent),
              dash: dashOf(summary, one.agent),
            })),
          }),
        ),
      ),
      below: `All operations of all trials pooled, at least ${formatNumberOf(least, "operation")} a line; each line ends where fewer than 100 operations lie beyond. It describes; differences are judged by the table.`,
      agents: agents.filter((agent) => all.some((one) => one.agent === agent)),
    };
  }
  const metrics = LATENCIES.filter((metric) => metric.endsWith("-p50") || metric.endsWith("-p99")).filter(
    (metric) => hasMetric(group, metric),
  );
  const drawn = await Promise.all(
    metrics.map((metric) => {
      const estimates = testedAgents(summary).flatMap((agent) => find(group, agent.id, metric) ?? []);
      const scale = scaleOf(METRICS[metric].unit, endsOf(estimates));
      return drawIntervalPlot({
        name: `${chartName("latency", index)}-${metric}`,
        label: `${METRICS[metric].title} above baseline in ${groupTitle(group)}, ${typeset(scale.name)}, one row an agent`,
        axis: `${METRICS[metric].title} above baseline, ${typeset(scale.name)}`,
        rows: plotRows(summary, estimates, scale),
      });
    }),
  );
  return { drawn, below: null, agents: [] };
};

const groupPart = async (
  summary: Summary,
  lines: readonly RecordLine[],
  group: Group,
  index: number,
): Promise<Markup | null> => {
  const metrics = LATENCIES.filter((metric) => hasMetric(group, metric));
  const { drawn, below, agents } = await chartsOf(summary, lines, group, index);
  if (metrics.length === 0 && drawn.length === 0) return null;
  const rows = metrics.flatMap((metric) =>
    testedAgents(summary).flatMap((agent) => {
      const estimate = find(group, agent.id, metric);
      if (estimate === undefined) return [];
      return [
        {
          header: agentLabel(summary, agent.id),
          doubtful: summary.trust.noise.contended,
          cells: [
            html`${METRICS[metric].title}`,
            estimate.baseline === null
              ? absent()
              : html`${typeset(formatValue(estimate.baseline, estimate.unit))}`,
            figureMarkup(estimate.absolute, estimate.unit, { sign: true }),
            percentMarkup(estimate.ratio),
            html`${estimate.blocks}`,
          ],
        },
      ];
    }),
  );
  return html` <h3>${operationTitle(group)} <small>${conditionsOf(group)}</small></h3>
    ${
      agents.length === 0
        ? null
        : html`<ul class="legend">
            ${agents.map((agent) => html`<li>${agentLabel(summary, agent)}</li>`)}
          </ul>`
    }
    ${drawn.length === 0 ? null : charts(...drawn)} ${below === null ? null : note(below)}
    ${
      rows.length === 0
        ? null
        : detail(
            "Figures as a table",
            isLong({ groups: groupsOf(summary).length }),
            table(
              `Latency of one operation, ${groupTitle(group)}: contrast with the baseline, mean over n blocks with interval`,
              [
                { title: "agent" },
                { title: "percentile" },
                { title: "baseline (median)", numeric: true },
                { title: "above baseline", numeric: true },
                { title: "relative", numeric: true },
                { title: "n", numeric: true },
              ],
              rows,
            ),
          )
    }`;
};

export const latencySection = async (summary: Summary, lines: readonly RecordLine[]): Promise<Markup> => {
  const parts = await Promise.all(
    groupsOf(summary).map((group, index) => groupPart(summary, lines, group, index)),
  );
  const present = parts.filter((part) => part !== null);
  return section(
    "latency",
    "Latency",
    note(
      "Timed inside the workload, operation by operation. A percentile is estimated only where a trial has enough operations for it. Under an open load there are two: response time counts from when the operation was due, so a stall is not hidden by the operations that waited for it; service time counts from when it began. Where the first lies far above the second, operations waited.",
    ),
    summary.trust.noise.contended
      ? html`<p class="banner">
          The CPUs were busy with other things while no agent ran, so latency says more about them than about
          the agents. The figures are printed in grey and no verdict is given on them.
        </p>`
      : html``,
    present.length === 0 ? note("No latency was measured.") : groups(present),
  );
};
