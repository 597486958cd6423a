/** What an operation costs more under each agent. */
import type { MetricId } from "../../domain/units.ts";
import { METRICS, isWallClock } from "../../domain/units.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Estimate } from "../../domain/verdict.ts";
import { formatConfidence, formatValue, ratioOf, scaleOf, figureOf, formatCount } from "../format.ts";
import {
  baselineOf,
  conditionsOf,
  find,
  groupTitle,
  groupsOf,
  hasMetric,
  headlineMetric,
  isExploratory,
  isPaired,
  operationTitle,
  testedAgents,
  withoutEstimates,
} from "../select.ts";
import type { Group } from "../select.ts";
import { noteText } from "../words/notes.ts";
import { costDrawings } from "./plots.ts";
import type { Block, Cell, Column, Item, Row, Section } from "./section.ts";
import * as say from "./section.ts";

/** Costs of an operation as such; latency percentiles have a section of their own. */
const COSTS: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];

/** Rows of every estimate of these metrics, metric by metric. */
export const estimateRows = (
  view: RunView,
  group: Group,
  metrics: readonly MetricId[],
  cellsOf: (estimate: Estimate) => readonly Cell[],
): readonly Row[] =>
  metrics.flatMap((metric) =>
    testedAgents(view).flatMap(({ id }) => {
      const estimate = find(group, id, metric);
      if (estimate === undefined) return [];
      return [
        {
          cells: [say.agent(id), say.text(METRICS[metric].title), ...cellsOf(estimate)],
          isDoubtful: view.selfChecks.noise.contended && isWallClock(metric),
        },
      ];
    }),
  );

const fullTable = (view: RunView, group: Group): Block => {
  const levels = [...new Set(group.estimates.map((estimate) => formatConfidence(estimate.level)))].join(", ");
  return say.folding(
    say.table(
      `Cost of one operation, ${groupTitle(group)}: mean over n blocks with its ${levels} interval`,
      [
        "agent",
        "metric",
        say.right("above baseline"),
        say.right("relative"),
        say.right("baseline (median)"),
        say.right("detectable from"),
        say.right("n"),
      ],
      estimateRows(view, group, COSTS, (estimate) => [
        say.cost(estimate.absolute, estimate.unit),
        say.percent(estimate.ratio),
        estimate.baseline === null ? say.absent("no baseline") : say.value(estimate.baseline, estimate.unit),
        estimate.minimalDetectable === null
          ? say.absent("needs two blocks")
          : say.value(estimate.minimalDetectable, estimate.unit),
        say.count(estimate.blocks),
      ]),
    ),
    { groups: groupsOf(view).length },
  );
};

/** In this order; a narrow terminal drops the less important ones. */
const BRIEF: readonly (readonly [metric: MetricId, title: string, expendable?: number])[] = [
  ["system-cpu", "system\nCPU"],
  ["latency-p50", "p50", 1],
  ["latency-p99", "p99", 2],
  ["wall", "wall", 1],
  ["agent-cores", "agent\nCPU", 4],
  ["agent-memory", "PSS", 3],
];

/** An agent a row, its most wanted figures in one unit a column, so that they can be compared by eye. */
const briefTable = (view: RunView, group: Group): Block => {
  const agents = testedAgents(view).map(({ id }) => id);
  const why = new Map(withoutEstimates(view, group).map((one) => [one.agent, one.why]));
  const none = (id: string): Cell => say.absent(why.get(id) ?? "not measured under that agent");
  const columns: (readonly [Column, (id: string) => Cell])[] = [[say.key("agent"), say.agent]];
  const add = (metric: MetricId, title: string, isWhole: boolean, expendable?: number): void => {
    const present = agents.flatMap((id) => find(group, id, metric) ?? []);
    const [first] = present;
    if (first === undefined) return;
    const scale = scaleOf(
      first.unit,
      present.map(({ absolute }) => absolute.value),
    );
    columns.push([
      {
        title,
        unit: scale.name,
        ...(isWhole ? {} : { align: "right" }),
        ...(expendable === undefined ? {} : { expendable }),
      },
      (id) => {
        const estimate = find(group, id, metric);
        if (estimate === undefined) return none(id);
        const figure = figureOf(estimate.absolute, estimate.unit, { sign: isPaired(metric), scale });
        return isWhole || isExploratory(estimate)
          ? { kind: "figure", figure: { ...figure, unit: "" } }
          : say.figures(figure.value);
      },
    ]);
  };
  add("workload-cpu", "workload\nCPU", true);
  if (hasMetric(group, "workload-cpu"))
    columns.push([
      say.right("ratio"),
      (id) => {
        const ratio = find(group, id, "workload-cpu")?.ratio ?? null;
        return ratio === null ? none(id) : say.figures(ratioOf(ratio).value);
      },
    ]);
  const hasLatency = hasMetric(group, "latency-p50") || hasMetric(group, "latency-p99");
  for (const [metric, title, expendable] of BRIEF)
    if (metric !== "wall" || !hasLatency) add(metric, title, false, expendable);
  columns.push([say.right("n"), (id) => blocksCell(group, id) ?? none(id)]);
  return say.table(
    groupTitle(group),
    columns.map(([column]) => column),
    agents.map((id) => ({ cells: columns.map(([, cellOf]) => cellOf(id)) })),
  );
};

const blocksCell = (group: Group, id: string): Cell | undefined => {
  const counts = group.estimates.filter((one) => one.agent === id).map(({ blocks }) => blocks);
  if (counts.length === 0) return undefined;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return say.figures(least === most ? formatCount(least) : `${formatCount(least)}-${formatCount(most)}`);
};

/** Columns whose figures are read from the clock. */
const WALL_CLOCK: readonly string[] = ["wall", "p50", "p99"];

const briefNotes = (view: RunView, group: Group): readonly string[] => {
  const parts = (
    [
      ["workload CPU", "workload-cpu", "ns/op"],
      ["system CPU", "system-cpu", "ns/op"],
      ["p50", "latency-p50", "ns"],
      ["p99", "latency-p99", "ns"],
    ] as const
  ).flatMap(([name, metric, unit]) => {
    const level = baselineOf(group, metric);
    return level === null ? [] : [`${name} ${formatValue(level, unit)}`];
  });
  const levels = [...new Set(group.estimates.map(({ level }) => formatConfidence(level)))];
  const hasInterval = group.estimates.some((one) => !isExploratory(one));
  const isSpoilt = group.estimates.some(({ metric }) => isWallClock(metric));
  return [
    `baseline: ${parts.length === 0 ? "not measured" : parts.join(", ")}`,
    ...(hasInterval ? [`[ ]: ${levels.join(", ")} interval over n blocks`] : []),
    ...(view.selfChecks.noise.contended && isSpoilt
      ? [`${WALL_CLOCK.join(", ")}: not valid, the CPUs were contended`]
      : []),
  ];
};

/** Notes on the figures; those that several agents share are said once, with the agents that they are about. */
const notesOf = (group: Group): readonly Item[] => {
  const agentsOf = new Map<string, Set<string>>();
  for (const { agent, notes, metric } of group.estimates) {
    if (!COSTS.includes(metric)) continue;
    for (const one of notes)
      agentsOf.set(noteText(one), (agentsOf.get(noteText(one)) ?? new Set()).add(agent));
  }
  return [...agentsOf].map(([one, agents]) => ({
    agent: agents.size === 1 ? [...agents][0] : undefined,
    text: `${[...agents].join(", ")}: ${one}`,
  }));
};

const groupBlocks = (view: RunView, group: Group, index: number): readonly Block[] => {
  const metric = headlineMetric(group);
  const drawings = metric === undefined ? [] : costDrawings(view, group, metric, index);
  const notes = notesOf(group);
  const missing = withoutEstimates(view, group);
  return [
    say.heading(operationTitle(group), conditionsOf(group)),
    drawings.length === 0 ? say.onPage(say.note("There is no figure to draw.")) : say.charts(drawings),
    ...(COSTS.some((one) => hasMetric(group, one)) ? [say.onPage(fullTable(view, group))] : []),
    ...(testedAgents(view).length === 0
      ? []
      : [
          say.inText(briefTable(view, group)),
          ...briefNotes(view, group).map((one) => say.inText(say.note(one))),
        ]),
    ...(notes.length === 0 ? [] : [{ kind: "list", items: notes, areNotes: true, on: ["page"] } as const]),
    ...(missing.length === 0
      ? []
      : [
          say.onPage(
            say.note(`No figure here: ${missing.map(({ agent, why }) => `${agent} (${why})`).join(", ")}.`),
          ),
        ]),
  ];
};

export const costSection = (view: RunView): Section => {
  const groups = groupsOf(view);
  return {
    id: "cost",
    title: "Cost of an operation",
    short: "Cost",
    blocks: [
      say.onPage(
        say.note(
          "A point is the mean difference between the agent and the baselines of the same block; the bar is its interval. A bar that crosses zero is compatible with no cost at all. A hollow point has too few blocks for an interval and is exploratory.",
        ),
      ),
      groups.length === 0
        ? say.note("No trial could be compared with a baseline.")
        : { kind: "groups", groups: groups.map((group, index) => groupBlocks(view, group, index)) },
    ],
  };
};
