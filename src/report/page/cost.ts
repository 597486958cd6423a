/** What an operation costs more under each agent. */
import type { MetricId } from "../../domain/units.ts";
import { METRICS } from "../../domain/units.ts";
import type { Estimate, Summary } from "../../domain/verdict.ts";
import { drawIntervalPlot } from "../charts/interval-plot.ts";
import type { PlotRow } from "../charts/interval-plot.ts";
import { colourOf } from "../charts/palette.ts";
import type { Scale } from "../format.ts";
import {
  asPercent,
  formatConfidence,
  formatCost,
  formatFigure,
  formatLevel,
  formatValue,
  percentOf,
  scaleOf,
} from "../format.ts";
import {
  conditionsOf,
  find,
  groupTitle,
  groupsOf,
  headlineMetric,
  isExploratory,
  isPaired,
  isWallClock,
  operationTitle,
  testedAgents,
  withoutEstimates,
} from "../select.ts";
import type { Group } from "../select.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import {
  agentLabel,
  agentList,
  chartName,
  charts,
  detail,
  groups,
  isLong,
  note,
  section,
  table,
} from "./parts.ts";
import type { TableRow } from "./parts.ts";
import { absent, figureMarkup, percentMarkup, typeset } from "./typeset.ts";

/** Costs of an operation as such; latency percentiles have a section of their own. */
const COSTS: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];

/** "n = 12", or "exploratory, n = 3" where one of the figures has no interval. */
export const blocksNote = (estimates: readonly Estimate[]): string => {
  const blocks = Math.min(...estimates.map((estimate) => estimate.blocks));
  return estimates.some(isExploratory) ? `exploratory, n = ${blocks}` : `n = ${blocks}`;
};

/** Rows of an interval plot in the unit of `scale`. */
export const plotRows = (
  summary: Summary,
  estimates: readonly Estimate[],
  scale: Scale,
): readonly PlotRow[] =>
  estimates.map((estimate) => ({
    title: estimate.agent,
    agent: estimate.agent,
    note: blocksNote([estimate]),
    tip: tipOf(estimate),
    colour: colourOf(summary, estimate.agent),
    at: {
      value: estimate.absolute.value / scale.size,
      low: estimate.absolute.low === null ? null : estimate.absolute.low / scale.size,
      high: estimate.absolute.high === null ? null : estimate.absolute.high / scale.size,
    },
  }));

/** "sensor: +1.2 µs/op [0.7, 1.8], +14 % [8, 20], n = 12". */
export const tipOf = (estimate: Estimate, who = estimate.agent): string => {
  const { absolute, ratio, unit, metric } = estimate;
  const percent = ratio === null ? [] : [formatFigure(percentOf(ratio))];
  const figure = isPaired(metric) ? formatCost(absolute, unit) : formatLevel(absolute, unit);
  return [`${who}: ${typeset(figure)}`, ...percent.map(typeset), blocksNote([estimate])].join(", ");
};

export const endsOf = (estimates: readonly Estimate[]): readonly number[] =>
  estimates.flatMap(({ absolute }) =>
    [absolute.value, absolute.low, absolute.high].filter((one) => one !== null),
  );

/** Percent budgets that were declared for the figure that is drawn. */
const budgetLines = (
  summary: Summary,
  group: Group,
  metric: MetricId,
  kind: "percent" | "absolute",
  scale: number,
) => {
  const limits = summary.verdicts.flatMap((verdict) => {
    const here =
      verdict.scenario === group.scenario &&
      verdict.operation === group.operation &&
      verdict.load === group.load &&
      verdict.metric === metric;
    if (!here || verdict.budget.kind !== kind) return [];
    return [verdict.budget.kind === "percent" ? verdict.budget.percent : verdict.budget.value / scale];
  });
  return [...new Set(limits)].map((at) => ({ at, title: "budget" }));
};

const drawGroup = async (
  summary: Summary,
  group: Group,
  metric: MetricId,
  index: number,
): Promise<readonly string[]> => {
  const estimates = testedAgents(summary).flatMap((agent) => find(group, agent.id, metric) ?? []);
  const [first] = estimates;
  if (first === undefined) return [];
  const scale = scaleOf(first.unit, endsOf(estimates));
  const title = METRICS[metric].title;
  const withRatio = estimates.flatMap((estimate) =>
    estimate.ratio === null ? [] : [{ estimate, ratio: estimate.ratio }],
  );
  const absolute = drawIntervalPlot({
    name: chartName("cost", index),
    label: `${title} above baseline in ${groupTitle(group)}, ${typeset(scale.name)}, one row an agent; the table below holds the same figures`,
    axis: `${title} above baseline, ${typeset(scale.name)}`,
    rows: plotRows(summary, estimates, scale),
    lines: budgetLines(summary, group, metric, "absolute", scale.size),
  });
  if (withRatio.length === 0) return [await absolute];
  const relative = drawIntervalPlot({
    name: chartName("cost-percent", index),
    label: `${title} above baseline in ${groupTitle(group)}, percent of the baseline, one row an agent; the table below holds the same figures`,
    axis: `${title} above baseline, %`,
    rows: withRatio.map(({ estimate, ratio }) => ({
      title: estimate.agent,
      agent: estimate.agent,
      note: blocksNote([estimate]),
      tip: tipOf(estimate),
      colour: colourOf(summary, estimate.agent),
      at: asPercent(ratio),
    })),
    lines: budgetLines(summary, group, metric, "percent", 1),
  });
  return Promise.all([absolute, relative]);
};

/** Notes on the figures of this table; those that several agents share are said once, with the agents that they are about. */
const notesOf = (group: Group): readonly { readonly agent: string | null; readonly text: string }[] => {
  const agentsOf = new Map<string, Set<string>>();
  for (const { agent, notes, metric } of group.estimates) {
    if (!COSTS.includes(metric)) continue;
    for (const one of notes) agentsOf.set(one, (agentsOf.get(one) ?? new Set()).add(agent));
  }
  return [...agentsOf].map(([one, agents]) => {
    const [first = null] = agents;
    return { agent: agents.size === 1 ? first : null, text: `${[...agents].join(", ")}: ${one}` };
  });
};

const costRows = (summary: Summary, group: Group): readonly TableRow[] =>
  COSTS.flatMap((metric) =>
    testedAgents(summary).flatMap((agent) => {
      const estimate = find(group, agent.id, metric);
      if (estimate === undefined) return [];
      const { unit, baseline, minimalDetectable } = estimate;
      return [
        {
          header: agentLabel(summary, agent.id),
          doubtful: summary.trust.noise.contended && isWallClock(metric),
          cells: [
            html`${METRICS[metric].title}`,
            figureMarkup(estimate.absolute, unit, { sign: true }),
            percentMarkup(estimate.ratio),
            baseline === null ? absent() : html`${typeset(formatValue(baseline, unit))}`,
            minimalDetectable === null
              ? absent("needs two blocks")
              : html`${typeset(formatValue(minimalDetectable, unit))}`,
            html`${estimate.blocks}`,
          ],
        },
      ];
    }),
  );

const groupPart = async (summary: Summary, group: Group, index: number): Promise<Markup> => {
  const metric = headlineMetric(group);
  const drawn = metric === undefined ? [] : await drawGroup(summary, group, metric, index);
  const levels = [...new Set(group.estimates.map((estimate) => formatConfidence(estimate.level)))].join(", ");
  const rows = costRows(summary, group);
  const missing = withoutEstimates(summary, group);
  return html` <h3>${operationTitle(group)} <small>${conditionsOf(group)}</small></h3>
    ${drawn.length === 0 ? note("There is no figure to draw.") : charts(...drawn)}
    ${
      rows.length === 0
        ? null
        : detail(
            "Figures as a table",
            isLong({ groups: groupsOf(summary).length }),
            table(
              `Cost of one operation, ${groupTitle(group)}: mean over n blocks with its ${levels} interval`,
              [
                { title: "agent" },
                { title: "metric" },
                { title: "above baseline", numeric: true },
                { title: "relative", numeric: true },
                { title: "baseline (median)", numeric: true },
                { title: "detectable from", numeric: true },
                { title: "n", numeric: true },
              ],
              rows,
            ),
          )
    }${notesOf(group).length === 0 ? null : html`<div class="note">${agentList(notesOf(group))}</div>`}${missing.length === 0 ? null : note(`No figure here: ${missing.map(({ agent, why }) => `${agent} (${why})`).join(", ")}.`)}`;
};

export const costSection = async (summary: Summary): Promise<Markup> => {
  const parts = await Promise.all(groupsOf(summary).map((group, index) => groupPart(summary, group, index)));
  return section(
    "cost",
    "Cost of an operation",
    note(
      "A point is the mean difference between the agent and the baselines of the same block; the bar is its interval. A bar that crosses zero is compatible with no cost at all. A hollow point has too few blocks for an interval and is exploratory.",
    ),
    parts.length === 0 ? note("No trial could be compared with a baseline.") : groups(parts),
  );
};
