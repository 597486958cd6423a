/** What an operation costs more under each agent. */
import { METRICS, isWallClock, type MetricId } from "../../domain/units.ts";
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
import type { Block, Cell, Field, Item, Section } from "./section.ts";
import * as say from "./section.ts";

/** Costs of an operation as such; latency percentiles have a section of their own. */
const COSTS: readonly MetricId[] = ["workload-cpu", "system-cpu", "wall"];

/** A row an estimate of these metrics, metric by metric; `named`: what a metric is called. */
export const estimateTable = (
  view: RunView,
  group: Group,
  metrics: readonly MetricId[],
  {
    caption,
    named,
    fields,
  }: { readonly caption: string; readonly named: string; readonly fields: readonly Field<Estimate>[] },
): Block => {
  const rows = metrics.flatMap((metric) =>
    testedAgents(view)
      .flatMap(({ id }) => find(group, id, metric) ?? [])
      .map((estimate) => ({
        cells: [
          say.agent(estimate.agent),
          say.text(METRICS[metric].title),
          ...fields.map(([, cellOf]) => cellOf(estimate)),
        ],
        isDoubtful: view.selfChecks.noise.contended && isWallClock(metric),
      })),
  );
  return say.folding(say.table(caption, ["agent", named, ...fields.map(([column]) => column)], rows), {
    groups: groupsOf(view).length,
  });
};

export const ABOVE: Field<Estimate> = [
  say.right("above baseline"),
  ({ absolute, unit }) => say.cost(absolute, unit),
];
export const RELATIVE: Field<Estimate> = [say.right("relative"), ({ ratio }) => say.percent(ratio)];
export const BASE: Field<Estimate> = [
  say.right("baseline (median)"),
  ({ baseline, unit }) => (baseline === null ? say.absent("no baseline") : say.value(baseline, unit)),
];
export const BLOCKS: Field<Estimate> = [say.right("n"), ({ blocks }) => say.count(blocks)];
const DETECTABLE: Field<Estimate> = [
  say.right("detectable from"),
  ({ minimalDetectable: least, unit }) =>
    least === null ? say.absent("needs two blocks") : say.value(least, unit),
];

const fullTable = (view: RunView, group: Group): Block => {
  const levels = [...new Set(group.estimates.map((estimate) => formatConfidence(estimate.level)))].join(", ");
  return estimateTable(view, group, COSTS, {
    caption: `Cost of one operation, ${groupTitle(group)}: mean over n blocks with its ${levels} interval`,
    named: "metric",
    fields: [ABOVE, RELATIVE, BASE, DETECTABLE, BLOCKS],
  });
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
  const columns: Field<string>[] = [[say.key("agent"), say.agent]];
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
  return say.tableOf(groupTitle(group), agents, columns);
};

const blocksCell = (group: Group, id: string): Cell | undefined => {
  const counts = group.estimates.filter((one) => one.agent === id).map(({ blocks }) => blocks);
  if (counts.length === 0) return undefined;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return say.figures(least === most ? formatCount(least) : `${formatCount(least)}-${formatCount(most)}`);
};

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
    ...say.when(
      testedAgents(view).length > 0,
      say.inText(briefTable(view, group)),
      ...briefNotes(view, group).map((one) => say.inText(say.note(one))),
    ),
    ...say.when<Block>(notes.length > 0, { kind: "list", items: notes, areNotes: true, on: ["page"] }),
    ...say.when(
      missing.length > 0,
      say.onPage(
        say.note(`No figure here: ${missing.map(({ agent, why }) => `${agent} (${why})`).join(", ")}.`),
      ),
    ),
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
