/** How long operations took, from the usual one to the rare slow one. */
import { comparableOf, keyOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { MetricId } from "../../domain/units.ts";
import { lookOf } from "../charts/palette.ts";
import { drawPercentileCurves } from "../charts/percentile-curves.ts";
import { formatNumberOf } from "../format.ts";
import { conditionsOf, groupTitle, groupsOf, hasMetric, operationTitle, type Group } from "../select.ts";
import { ABOVE, BASE, BLOCKS, RELATIVE, estimateTable } from "./cost.ts";
import { absoluteDrawing, plottedOf } from "./plots.ts";
import type { Block, Section } from "./section.ts";
import * as say from "./section.ts";

const LATENCIES: readonly MetricId[] = [
  "latency-p50",
  "latency-p90",
  "latency-p99",
  "latency-p999",
  "response-p50",
  "response-p99",
];
const DRAWN: readonly MetricId[] = ["latency-p50", "latency-p99", "response-p50", "response-p99"];

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

/** Curves where the trials tell enough; else the contrasts of the median and of p99. */
const chartBlocks = (view: RunView, group: Group, index: number): readonly Block[] => {
  const key = keyOf(comparableOf(group));
  const here = view.distributions.filter((one) => keyOf(comparableOf(one)) === key);
  if (here.length === 0) {
    const drawings = DRAWN.flatMap((metric) =>
      absoluteDrawing(view, plottedOf(view, group, metric), {
        name: `latency-${index + 1}-${metric}`,
        where: `in ${groupTitle(group)}, one row an agent`,
      }),
    );
    return drawings.length === 0 ? [] : [say.charts(drawings)];
  }
  const least = Math.min(...here.map(({ operations }) => operations));
  const drawings = TIMED.flatMap(({ timed, name, title, axis }) => {
    const curves = here
      .filter((one) => one.timed === timed)
      .map((one) => ({ ...one, ...lookOf(view, one.agent) }));
    if (curves.length === 0) return [];
    return [
      () =>
        drawPercentileCurves({
          name: `${name}-${index + 1}`,
          label: `${title} by percentile in ${groupTitle(group)}, logarithmic, one line an agent and one for the baseline`,
          axis: group.load === "closed" ? "latency" : axis,
          curves,
        }),
    ];
  });
  return [
    { kind: "legend", items: [...new Set(here.map(({ agent }) => agent))] },
    say.charts(drawings),
    say.note(
      `All operations of all trials pooled, at least ${formatNumberOf(least, "operation")} a line; each line ends where fewer than 100 operations lie beyond. It describes; differences are judged by the table.`,
    ),
  ];
};

const groupBlocks = (view: RunView, group: Group, index: number): readonly Block[] => {
  const metrics = LATENCIES.filter((metric) => hasMetric(group, metric));
  const drawn = chartBlocks(view, group, index);
  if (metrics.length === 0 && drawn.length === 0) return [];
  const figures = estimateTable(view, group, metrics, {
    caption: `Latency of one operation, ${groupTitle(group)}: contrast with the baseline, mean over n blocks with interval`,
    named: "percentile",
    fields: [BASE, ABOVE, RELATIVE, BLOCKS],
  });
  return [
    say.heading(operationTitle(group), conditionsOf(group)),
    ...drawn,
    ...say.when(metrics.length > 0, figures),
  ];
};

export const latencySection = (view: RunView): Section => {
  const groups = groupsOf(view)
    .map((group, index) => groupBlocks(view, group, index))
    .filter((blocks) => blocks.length > 0);
  return {
    id: "latency",
    title: "Latency",
    short: "Latency",
    blocks: [
      say.note(
        "Timed inside the workload, operation by operation. A percentile is estimated only where a trial has enough operations for it. Under an open load there are two: response time counts from when the operation was due, so a stall is not hidden by the operations that waited for it; service time counts from when it began. Where the first lies far above the second, operations waited.",
      ),
      ...say.when(
        view.selfChecks.noise.contended,
        say.banner(
          "The CPUs were busy with other things while no agent ran, so latency says more about them than about the agents. The figures are printed in grey and no verdict is given on them.",
        ),
      ),
      groups.length === 0 ? say.note("No latency was measured.") : { kind: "groups", groups },
    ],
  };
};
