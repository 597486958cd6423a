/** Several records as one page: verdicts, trust, costs, levels and events, a column or a row a record. */
import type { ComparedFigure, Comparison, Distribution, Pool } from "../../domain/comparison.ts";
import { METRICS } from "../../domain/units.ts";
import type { MetricId } from "../../domain/units.ts";
import type { Estimate, Summary, Verdict } from "../../domain/verdict.ts";
import { drawIntervalPlot } from "../charts/interval-plot.ts";
import type { PlotRow } from "../charts/interval-plot.ts";
import { colourOf } from "../charts/palette.ts";
import { drawStripPlot } from "../charts/strip-plot.ts";
import {
  asPercent,
  formatCount,
  formatLoss,
  formatNumberOf,
  formatTime,
  formatValue,
  scaleOf,
} from "../format.ts";
import { blocksNote, endsOf, tipOf } from "../page/cost.ts";
import { frame } from "../page/frame.ts";
import type { Evidence } from "../page/evidence.ts";
import { html, joined } from "../page/markup.ts";
import type { Markup } from "../page/markup.ts";
import { agentLabel, agentToggle, chartName, charts, list, note, section, table } from "../page/parts.ts";
import type { TableRow } from "../page/parts.ts";
import { absent, figureMarkup, percentMarkup, typeset } from "../page/typeset.ts";
import { verdictBadge } from "../page/verdicts.ts";
import { trustBadge } from "../page/trust.ts";
import { conditionsOf, groupTitle, isPaired, isWallClock, operationTitle, testedAgents } from "../select.ts";
import { trustChecks } from "../trust-words.ts";
import { budgetText, metricTitle } from "../words.ts";
import { comparedGroups, mergedAgents, sensorsOfSides } from "./select.ts";
import type { ComparedGroup } from "./select.ts";
import { LONG, apartText, bannersOf, comparisonInWords, shown } from "./words.ts";

const COSTS: readonly MetricId[] = [
  "workload-cpu",
  "system-cpu",
  "wall",
  "latency-p50",
  "latency-p99",
  "response-p99",
];
const LEVELS: readonly MetricId[] = [
  "agent-cpu",
  "agent-cores",
  "agent-memory",
  "agent-memory-peak",
  "bpf-map-memory",
  "output-volume",
];

interface Context {
  readonly comparison: Comparison;
  /** For agents' colours. */
  readonly agents: Summary;
}

const sideColumns = ({ comparison }: Context, numeric: boolean) =>
  comparison.sides.map(({ label }) => ({ title: label, numeric }));

const differSection = ({ comparison }: Context): Markup => {
  const cell = (key: string, value: string | null): Markup => {
    const text = shown({ key }, value);
    if (text === null) return absent("not in this record");
    return text.length <= LONG
      ? html`${text}`
      : html`<details>
          <summary>${text.slice(0, LONG / 2)} ...</summary>
          <code class="setting">${text}</code>
        </details>`;
  };
  return section(
    "differs",
    "What differs",
    comparison.varies.length === 0
      ? note("Nothing that was recorded.")
      : table(
          "What is not the same in all records",
          [{ title: "key" }, ...comparison.sides.map(({ label }) => ({ title: label }))],
          comparison.varies.map(({ key, values }) => ({
            header: html`${key}`,
            cells: values.map((value) => cell(key, value)),
          })),
        ),
    comparison.keptApart.length === 0
      ? html``
      : html`<h3>Not put together</h3>
          ${list(comparison.keptApart.map((apart) => apartText(apart, comparison.sides)))}`,
    note(
      "Records stand beside each other, they are not averaged. Whether a difference comes from what is named here or from the node's day is for you to judge: no record was made at random on one of these nodes.",
    ),
  );
};

const checkName = (verdict: Verdict): string =>
  JSON.stringify([
    verdict.scenario,
    verdict.operation,
    verdict.load,
    verdict.metric,
    verdict.budget,
    verdict.agent,
  ]);

const figureOf = (summary: Summary, verdict: Verdict): Markup | null => {
  const same = (at: { readonly agent: string; readonly scenario: string; readonly load: string }): boolean =>
    at.agent === verdict.agent && at.scenario === verdict.scenario && at.load === verdict.load;
  const { metric } = verdict;
  if (metric === "loss") {
    const row = summary.ledger.find(same);
    return row === undefined ? null : html`${typeset(formatLoss(row.lossRate))}`;
  }
  const estimate = summary.estimates.find(
    (one) => same(one) && one.operation === verdict.operation && one.metric === metric,
  );
  if (estimate === undefined) return null;
  return verdict.budget.kind === "percent"
    ? percentMarkup(estimate.ratio)
    : figureMarkup(estimate.absolute, estimate.unit, { sign: isPaired(metric) });
};

const verdictSection = ({ comparison, agents }: Context): Markup => {
  const checks = new Map(
    comparison.sides.flatMap(({ summary }) =>
      summary.verdicts.map((verdict) => [checkName(verdict), verdict] as const),
    ),
  );
  if (checks.size === 0)
    return section("verdicts", "Verdicts", note("No budget was declared in any record."));
  return section(
    "verdicts",
    "Verdicts",
    table(
      "Verdicts by agent, operation and record",
      [{ title: "agent" }, { title: "operation and budget" }, ...sideColumns({ comparison, agents }, false)],
      [...checks].map(([name, check]) => ({
        header: agentLabel(agents, check.agent),
        cells: [
          html`<b>${operationTitle(check)}</b> <span class="unit">${check.load}</span
            ><small>${typeset(`${metricTitle(check.metric)}, ${budgetText(check)}`)}</small>`,
          ...comparison.sides.map(({ summary }) => {
            const verdict = summary.verdicts.find((one) => checkName(one) === name);
            if (verdict === undefined) return absent("not judged in this record");
            const figure = figureOf(summary, verdict);
            return html`${verdictBadge(verdict.kind)}${figure === null ? null : html`<small>${figure}</small>`}`;
          }),
        ],
      })),
    ),
  );
};

const trustSection = (context: Context): Markup => {
  const titles = [
    ...new Set(
      context.comparison.sides.flatMap(({ summary }) => trustChecks(summary).map(({ title }) => title)),
    ),
  ];
  return section(
    "trust",
    "Can the instrument be trusted?",
    table(
      "Checks of the instrument on itself, by record",
      [{ title: "check" }, ...sideColumns(context, false)],
      titles.map((title) => ({
        header: html`${title}`,
        cells: context.comparison.sides.map(({ summary }) => {
          const checks = trustChecks(summary).filter((check) => check.title === title);
          return checks.length === 0
            ? absent("this check was not part of the record")
            : joined(
                checks.map(
                  ({ state, text }) =>
                    html`${trustBadge(state)} <small class="prose">${typeset(text)}</small>`,
                ),
                " ",
              );
        }),
      })),
    ),
  );
};

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

const figureSection = async (
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

const eventSection = (context: Context): Markup =>
  section(
    "events",
    "Events: what was delivered and what was lost",
    context.comparison.losses.length === 0
      ? note("No events were counted, or not under the same load.")
      : table(
          "Share of the events lost, with its exact 95 % interval, and how many of them silently",
          [{ title: "agent" }, { title: "scenario" }, ...sideColumns(context, true)],
          context.comparison.losses.map(({ agent, rows, ...at }) => ({
            header: agentLabel(context.agents, agent),
            cells: [
              html`${at.scenario} <small>${conditionsOf(at)}</small>`,
              ...rows.map((row) =>
                row === null
                  ? absent("no events were counted in this record")
                  : html`${typeset(formatLoss(row.lossRate))}<small
                        >of
                        ${formatCount(row.operations)}${row.silentLost > 0 ? html`, <span class="alarm">${formatCount(row.silentLost)} silent</span>` : null}</small
                      >`,
              ),
            ],
          })),
        ),
  );

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

const poolSection = async (context: Context): Promise<Markup> => {
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

const warningSection = ({ comparison }: Context): Markup =>
  section(
    "limits",
    "Warnings",
    joined(
      comparison.sides.map(
        ({ label, summary }) =>
          html`<h3>${label}</h3>
            ${summary.warnings.length === 0 ? note("None.") : list(summary.warnings)}`,
      ),
      "",
    ),
  );

const evidenceSection = ({ comparison }: Context, evidence: readonly (readonly Evidence[])[]): Markup =>
  section(
    "evidence",
    "Evidence",
    joined(
      comparison.sides.map(
        ({ label, summary }, index) =>
          html`<h3>${label}</h3>
            <dl>
              ${[
                { title: "Run", text: summary.run.id },
                { title: "Started", text: formatTime(summary.run.startedAt) },
                {
                  title: "Node",
                  text: `${summary.host.hostname}, ${summary.host.cpuModel}, kernel ${summary.host.kernel} ${summary.host.arch}`,
                },
                { title: "Tool", text: `${summary.run.tool}, method ${summary.run.method}` },
                { title: "Command", text: summary.run.command.join(" ") },
                ...(evidence[index] ?? []),
              ].map(
                ({ title, text }) =>
                  html`<dt>${title}</dt>
                    <dd>${text}</dd>`,
              )}
            </dl>`,
      ),
      "",
    ),
  );

/**
 * @param evidence for each side, further facts such as the record's path and digest
 */
export const renderComparisonHtml = async (
  whole: Comparison,
  evidence: readonly (readonly Evidence[])[] = [],
): Promise<string> => {
  const comparison = sensorsOfSides(whole);
  const context: Context = { comparison, agents: mergedAgents(comparison) };
  const [tool = ""] = comparison.sides.map(({ summary }) => summary.run.tool);
  return frame({
    title: `tare: ${comparison.sides.map(({ label }) => label).join(" and ")}`,
    generator: tool,
    header: html`<h1>${formatNumberOf(comparison.sides.length, "record")} side by side</h1>
      <p class="lede">${comparison.sides.map(({ label }) => label).join(" · ")}</p>
      ${bannersOf(comparison).map((text) => html`<p class="banner">${text}</p>`)}
      <div class="words">${comparisonInWords(comparison).map((sentence) => html`<p>${sentence}</p>`)}</div>`,
    contents: [
      ["verdicts", "Verdicts"],
      ["differs", "What differs"],
      ["trust", "Trust"],
      ["cost", "Cost"],
      ["levels", "Agents' CPU and memory"],
      ["events", "Events"],
      ["nodes", "Nodes of one kind"],
      ["limits", "Warnings"],
      ["evidence", "Evidence"],
    ],
    agents: testedAgents(context.agents).map(({ id }) => agentToggle(context.agents, id)),
    sections: [
      verdictSection(context),
      differSection(context),
      trustSection(context),
      await figureSection(context, "cost", "Cost of an operation", COSTS),
      await figureSection(context, "levels", "What the agents use themselves", LEVELS),
      eventSection(context),
      await poolSection(context),
      warningSection(context),
      evidenceSection(context, evidence),
    ],
    footer: `Made by ${tool} from ${formatNumberOf(comparison.sides.length, "record")}. This file holds everything it shows; it loads nothing.`,
  });
};
