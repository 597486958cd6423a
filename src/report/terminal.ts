/** The report for a terminal: text that fits the width it is given. */
import { known } from "../domain/units.ts";
import type { MetricId } from "../domain/units.ts";
import type { Estimate, LedgerRow, Summary, Verdict, VerdictKind } from "../domain/verdict.ts";
import {
  MISSING,
  figureOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatNumberOf,
  formatTime,
  formatValue,
  ratioOf,
  scaleOf,
} from "./format.ts";
import {
  baselineOf,
  conditionsOf,
  find,
  groupTitle,
  groupsOf,
  hasMetric,
  isExploratory,
  ledgerGroupsOf,
  operationTitle,
  skippedAgents,
  testedAgents,
  withoutEstimates,
} from "./select.ts";
import type { Group } from "./select.ts";
import { layOut } from "./text-table.ts";
import type { Column, TextTable } from "./text-table.ts";
import { singleLine, wrap } from "./width.ts";
import { EMULATED, VERDICT_ORDER, budgetText, inWords, verdictTitle } from "./words.ts";

export interface TerminalOptions {
  /** Display columns of the terminal. */
  readonly columns: number;
  readonly colour: boolean;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow";
type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

const painter = (colour: boolean): Paint => {
  if (!colour) return (_, text) => text;
  return (style, text) => {
    const [on, off] = CODES[style];
    return text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
  };
};

/** Marks a figure that has too few blocks for an interval. */
const EXPLORATORY = "~";
const INDENT = "  ";
/** Below this a table of figures cannot be kept aligned; it is printed as wide as it needs to be. */
const NARROWEST = 40;

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

/** Foreign text, wrapped; continuation lines hang below the first. */
const paragraph = (
  page: Page,
  text: string,
  first = "",
  hang = first.replaceAll(/./gsu, " "),
): readonly string[] =>
  wrap(singleLine(text), page.columns - Math.max(first.length, hang.length)).map((line, index) =>
    index === 0 ? first + line : hang + line,
  );

const heading = (page: Page, text: string): readonly string[] => ["", page.paint("bold", singleLine(text))];

const header = (page: Page, summary: Summary): readonly string[] => {
  const { run, host } = summary;
  const duration = run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  const took = duration === null || Number.isNaN(duration) ? "not ended" : formatDuration(duration);
  const facts: readonly (readonly [string, string])[] = [
    ["run", `${run.id}${run.complete ? "" : " (incomplete)"}, ${formatTime(run.startedAt)}, ${took}`],
    [
      "host",
      `${host.hostname}, ${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")}, ${formatBytes(host.memoryBytes)}, ${host.virtualisation}`,
    ],
    [
      "system",
      `${host.distribution}, kernel ${host.kernel} ${host.arch}, governor ${known(host.governor) ?? "not known"}`,
    ],
    [
      "design",
      `${formatNumberOf(run.blocks, "block")}, seed ${run.seed}, profile ${run.profile}, method ${run.method}, ${run.tool}`,
    ],
    [
      "trials",
      `${formatCount(run.trials.measured)} measured, ${formatCount(run.trials.skipped)} skipped, ${formatCount(run.trials.failed)} failed`,
    ],
  ];
  return facts.flatMap(([name, text]) => paragraph(page, text, name.padEnd(8)));
};

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

const costTable = (page: Page, summary: Summary, group: Group): readonly string[] => {
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
    ...droppedNote(page, table),
  ];
  return [
    ...heading(page, groupTitle(group)),
    ...table.header.map((line) => page.paint("dim", INDENT + line)).filter((line) => line.trim() !== ""),
    ...table.rows.map((line) => INDENT + line),
    ...notes.flatMap((note) => paragraph(page, note, INDENT).map((line) => page.paint("dim", line))),
  ];
};

const droppedNote = (page: Page, table: TextTable): readonly string[] =>
  table.dropped.length === 0
    ? []
    : [`not shown in ${page.columns} columns: ${table.dropped.map((name) => name.trim()).join(", ")}`];

const missingNote = (summary: Summary, group: Group): string => {
  const absent = withoutEstimates(summary, group).map(({ agent, why }) => `${agent} (${why})`);
  return absent.length === 0 ? "not measured under that agent" : absent.join(", ");
};

const ledgerTable = (page: Page, summary: Summary): readonly string[] => {
  if (summary.ledger.length === 0) return [...heading(page, "Events"), `${INDENT}none were counted`];
  const column = (
    name: string,
    cellOf: (row: LedgerRow) => string,
    align: Column["align"] = "right",
    expendable = 0,
  ): Column => ({
    header: [name],
    align,
    expendable,
    name,
    cells: summary.ledger.map(cellOf),
  });
  const table = layOut(
    [
      column("agent", (row) => singleLine(row.agent), "left"),
      column("operations", (row) => formatCount(row.operations), "right", 2),
      column("delivered", (row) => formatCount(row.delivered)),
      column(
        "declared",
        (row) => (row.declaredLost === null ? MISSING : formatCount(row.declaredLost)),
        "right",
        1,
      ),
      column("silent", (row) => formatCount(row.silentLost)),
      column("lost", (row) => formatLoss(row.lossRate), "left"),
    ],
    Math.max(NARROWEST, page.columns) - INDENT.length,
  );
  const paintRow = (row: LedgerRow, line: string): string =>
    row.silentLost > 0 ? page.paint("red", line) : line;
  const body = ledgerGroupsOf(summary).flatMap((group) => [
    page.paint("dim", `${INDENT}${singleLine(group.scenario)} (${singleLine(conditionsOf(group))})`),
    ...group.rows.map((row) => paintRow(row, INDENT + (table.rows[summary.ledger.indexOf(row)] ?? ""))),
  ]);
  const notes = [
    ...droppedNote(page, table),
    "lost: share of the operations with its exact 95 % interval; silent: missing and not admitted by the agent",
    ...(summary.ledger.some((row) => row.declaredLost === null)
      ? [`${MISSING} no figure: the agent has no counter that could be read`]
      : []),
    ...summary.ledger
      .filter((row) => !row.balanced)
      .map((row) => `${row.agent}, ${row.scenario}: the ledger does not balance`),
    ...summary.ledger.flatMap((row) => row.notes.map((note) => `${row.agent}, ${row.scenario}: ${note}`)),
    ...summary.coverage.map((gap) => `${gap.agent}, ${gap.scenario}: not observed by design, ${gap.why}`),
  ];
  return [
    ...heading(page, "Events"),
    ...table.header.map((line) => page.paint("dim", INDENT + line)),
    ...body,
    ...notes.flatMap((note) =>
      paragraph(page, note, INDENT, `${INDENT}${INDENT}`).map((line) => page.paint("dim", line)),
    ),
  ];
};

const styleOf = (kind: VerdictKind): Style => {
  switch (kind) {
    case "within":
    case "no-detectable-cost":
      return "green";
    case "over":
      return "red";
    case "inconclusive":
    case "invalid":
      return "yellow";
  }
};

/** The reason says already how many blocks would decide it. */
const verdictText = (verdict: Verdict): string =>
  `${verdict.agent}, ${operationTitle(verdict)} (${verdict.load}), ${verdict.metric} ${budgetText(verdict)}: ${verdict.why}`;

/**
 * Verdicts that call for something are told one by one, checks that are invalid for one reason together; the others are counted, for the HTML report
 * lists them all.
 */
const verdictTexts = (summary: Summary, kind: VerdictKind): readonly string[] => {
  const verdicts = summary.verdicts.filter((verdict) => verdict.kind === kind);
  if (kind === "within" || kind === "no-detectable-cost") {
    return [...new Set(verdicts.map((verdict) => verdict.agent))].map(
      (agent) =>
        `${agent}: ${formatNumberOf(verdicts.filter((verdict) => verdict.agent === agent).length, "check")}`,
    );
  }
  if (kind === "invalid") {
    return [...new Set(verdicts.map((verdict) => verdict.why))].map((why) => {
      const alike = verdicts.filter((verdict) => verdict.why === why);
      return alike.length === 1
        ? alike.map(verdictText).join("")
        : `${formatNumberOf(alike.length, "check")}: ${why}`;
    });
  }
  return verdicts.map(verdictText);
};

const verdictLines = (page: Page, summary: Summary): readonly string[] => {
  if (summary.verdicts.length === 0) return [...heading(page, "Verdicts"), `${INDENT}no budget was declared`];
  const widest = Math.max(...VERDICT_ORDER.map((kind) => verdictTitle(kind).length));
  const lines = VERDICT_ORDER.flatMap((kind) => {
    const label = INDENT + verdictTitle(kind).padEnd(widest + INDENT.length);
    return verdictTexts(summary, kind).flatMap((text) =>
      paragraph(page, text, label).map((line, index) =>
        index === 0 ? page.paint(styleOf(kind), label) + line.slice(label.length) : line,
      ),
    );
  });
  return [...heading(page, `Verdicts (budgets: ${summary.run.budgetSource})`), ...lines];
};

const skippedLines = (page: Page, summary: Summary): readonly string[] => {
  const skipped = skippedAgents(summary);
  if (skipped.length === 0) return [];
  return [
    ...heading(page, "Skipped agents"),
    ...skipped.flatMap((agent) => [
      ...paragraph(page, `${agent.id}: ${agent.reason ?? "no reason was recorded"}`, INDENT),
      ...(agent.hint === null ? [] : paragraph(page, agent.hint, `${INDENT}${INDENT}-> `)),
    ]),
  ];
};

const bullets = (page: Page, title: string, items: readonly string[]): readonly string[] =>
  items.length === 0
    ? []
    : [...heading(page, title), ...items.flatMap((item) => paragraph(page, item, `${INDENT}! `))];

/**
 * @returns lines of at most `columns` display columns (40 at the least; a table that cannot shrink further is left wider),
 * ending in a newline; without any escape sequence when `colour` is false
 */
export const renderTerminal = (summary: Summary, options: TerminalOptions): string => {
  const page: Page = { columns: Math.max(NARROWEST, options.columns), paint: painter(options.colour) };
  const lines = [
    ...header(page, summary),
    ...(summary.host.emulated ? ["", page.paint("yellow", EMULATED)] : []),
    ...groupsOf(summary).flatMap((group) => costTable(page, summary, group)),
    ...ledgerTable(page, summary),
    ...verdictLines(page, summary),
    ...skippedLines(page, summary),
    ...bullets(page, "Warnings", summary.warnings),
    ...bullets(page, "Not measurable here", summary.notMeasurable),
    ...heading(page, "In short"),
    ...inWords(summary).flatMap((sentence) => paragraph(page, sentence, INDENT)),
  ];
  return `${lines.join("\n")}\n`;
};
