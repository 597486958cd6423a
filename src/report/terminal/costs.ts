/** One table for each operation and load: what each agent adds to it. */
import type { MetricId } from "../../domain/units.ts";
import type { Estimate, Summary } from "../../domain/verdict.ts";
import { MISSING, figureOf, formatCount, formatValue, ratioOf, scaleOf } from "../format.ts";
import {
  baselineOf,
  find,
  groupTitle,
  hasMetric,
  isExploratory,
  testedAgents,
  withoutEstimates,
} from "../select.ts";
import type { Group } from "../select.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { singleLine } from "../width.ts";
import { EXPLORATORY, INDENT, NARROWEST, droppedNote, heading, paragraph } from "./page.ts";
import type { Page } from "./page.ts";

/** Columns whose figures are read from the clock. */
const WALL_CLOCK: readonly string[] = ["wall", "p50", "p99"];

const rangeOrMark = (estimate: Estimate, range: string | null): string =>
  isExploratory(estimate) ? EXPLORATORY : (range ?? "");

/** A column's figures in one unit, so that they can be compared by eye. */
const figures = (
  group: Group,
  agents: readonly string[],
  metric: MetricId,
  look: {
    readonly title: readonly string[];
    readonly expendable: number;
    readonly interval: boolean;
    readonly sign: boolean;
  },
): readonly Column[] => {
  if (!hasMetric(group, metric)) return [];
  const found = agents.map((agent) => find(group, agent, metric));
  const present = found.filter((estimate) => estimate !== undefined);
  const unit = present[0]?.unit;
  if (unit === undefined) return [];
  const scale = scaleOf(
    unit,
    present.map((estimate) => estimate.absolute.value),
  );
  const cells = found.map((estimate) => {
    if (estimate === undefined) return MISSING;
    const figure = figureOf(estimate.absolute, unit, { sign: look.sign, scale });
    return look.interval
      ? `${figure.value} ${rangeOrMark(estimate, figure.range)}`.trimEnd()
      : figure.value + (isExploratory(estimate) ? EXPLORATORY : "");
  });
  const name = look.title.join(" ");
  return [
    {
      header: [...look.title, scale.name],
      align: look.interval ? "left" : "right",
      expendable: look.expendable,
      name,
      cells,
    },
  ];
};

const ratios = (group: Group, agents: readonly string[], metric: MetricId): readonly Column[] => {
  if (!hasMetric(group, metric)) return [];
  const cells = agents.map((agent) => {
    const ratio = find(group, agent, metric)?.ratio ?? null;
    return ratio === null ? MISSING : ratioOf(ratio).value;
  });
  return [{ header: ["", "", "ratio"], align: "right", expendable: 0, name: "ratio", cells }];
};

const blocksOf = (group: Group, agents: readonly string[]): Column => ({
  header: ["", "", "n"],
  align: "right",
  expendable: 0,
  name: "n",
  cells: agents.map((agent) => {
    const counts = group.estimates
      .filter((estimate) => estimate.agent === agent)
      .map((estimate) => estimate.blocks);
    if (counts.length === 0) return MISSING;
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return least === most ? formatCount(least) : `${formatCount(least)}-${formatCount(most)}`;
  }),
});

const costColumns = (group: Group, agents: readonly string[]): readonly Column[] => {
  const paired = (
    metric: MetricId,
    title: readonly string[],
    expendable: number,
    interval = false,
  ): readonly Column[] => figures(group, agents, metric, { title, expendable, interval, sign: true });
  const level = (metric: MetricId, title: readonly string[], expendable: number): readonly Column[] =>
    figures(group, agents, metric, { title, expendable, interval: false, sign: false });
  const latency = hasMetric(group, "latency-p50") || hasMetric(group, "latency-p99");
  return [
    { header: ["", "", "agent"], align: "left", expendable: 0, name: "agent", cells: agents.map(singleLine) },
    ...paired("workload-cpu", ["workload", "CPU"], 0, true),
    ...ratios(group, agents, "workload-cpu"),
    ...paired("system-cpu", ["system", "CPU"], 0),
    ...(latency
      ? [...paired("latency-p50", ["", "p50"], 1), ...paired("latency-p99", ["", "p99"], 2)]
      : paired("wall", ["", "wall"], 1)),
    ...level("agent-cores", ["agent", "CPU"], 4),
    ...level("agent-memory", ["", "PSS"], 3),
    blocksOf(group, agents),
  ];
};

const baselineText = (group: Group): string => {
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
  return parts.length === 0 ? "baseline: -" : `baseline: ${parts.join(", ")}`;
};

export const costTable = (page: Page, summary: Summary, group: Group): readonly string[] => {
  const agents = testedAgents(summary).map((agent) => agent.id);
  if (agents.length === 0) return [];
  const columns = costColumns(group, agents);
  const table = layOut(columns, Math.max(NARROWEST, page.columns) - INDENT.length);
  const cells = columns.flatMap((column) => column.cells);
  const levels = new Set(group.estimates.map((estimate) => estimate.level));
  const notes = [
    baselineText(group),
    ...(cells.some((cell) => cell.includes("["))
      ? [`[ ]: ${[...levels].map((level) => `${level * 100} %`).join(", ")} interval over n blocks`]
      : []),
    ...(cells.some((cell) => cell.endsWith(EXPLORATORY))
      ? [`${EXPLORATORY} exploratory: too few blocks for an interval`]
      : []),
    ...(cells.includes(MISSING) ? [`${MISSING} no figure: ${missingNote(summary, group)}`] : []),
    ...(summary.trust.noise.contended && columns.some(({ name }) => WALL_CLOCK.includes(name.trim()))
      ? [`${WALL_CLOCK.join(", ")}: not valid, the CPUs were contended`]
      : []),
    ...droppedNote(page, table),
  ];
  return [
    ...heading(page, groupTitle(group)),
    ...table.header.map((line) => page.paint("dim", INDENT + line)).filter((line) => line.trim() !== ""),
    ...table.rows.map((line) => INDENT + line),
    ...notes.flatMap((note) => paragraph(page, note, INDENT).map((line) => page.paint("dim", line))),
  ];
};

const missingNote = (summary: Summary, group: Group): string => {
  const absent = withoutEstimates(summary, group).map(({ agent, why }) => `${agent} (${why})`);
  return absent.length === 0 ? "not measured under that agent" : absent.join(", ");
};
