/** A comparison for a terminal: one small table an operation, a column a record. */
import type { ComparedFigure, Comparison } from "../../domain/comparison.ts";
import { METRICS } from "../../domain/units.ts";
import type { MetricId } from "../../domain/units.ts";
import { MISSING, figureOf, formatFigure, formatLoss, formatValue, scaleOf } from "../format.ts";
import { groupTitle, isPaired, operationTitle } from "../select.ts";
import { NARROWEST, INDENT, heading, painter, paragraph } from "../terminal/page.ts";
import type { Page } from "../terminal/page.ts";
import type { TerminalOptions } from "../terminal.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { singleLine } from "../width.ts";
import { comparedGroups, sensorsOfSides } from "./select.ts";
import { LONG, apartText, bannersOf, comparisonInWords, shown } from "./words.ts";

const SHOWN: readonly MetricId[] = ["workload-cpu", "system-cpu", "latency-p99", "agent-cpu", "agent-memory"];

/** Names of the sides as columns; where they do not fit, a row becomes a small table with a line a record. */
const sideTable = (
  page: Page,
  comparison: Comparison,
  rows: readonly { readonly name: string; readonly cells: readonly string[] }[],
): readonly string[] => {
  const columns = [
    column(
      "",
      rows.map(({ name }) => name),
    ),
    ...comparison.sides.map((side, index) =>
      column(
        singleLine(side.label),
        rows.map(({ cells }) => cells[index] ?? MISSING),
      ),
    ),
  ];
  const wide = layOut(columns, Number.MAX_SAFE_INTEGER);
  const room = Math.max(NARROWEST, page.columns) - INDENT.length;
  if ([...wide.header, ...wide.rows].every((line) => line.length <= room)) return indented(page, wide);
  return rows.flatMap(({ name, cells }) => {
    const table = layOut(
      [
        column(
          "",
          comparison.sides.map(({ label }) => singleLine(label)),
        ),
        column(
          "",
          comparison.sides.map((_, index) => cells[index] ?? MISSING),
        ),
      ],
      room - INDENT.length,
    );
    return [...paragraph(page, name, INDENT), ...table.rows.map((line) => INDENT + INDENT + line)];
  });
};

const column = (name: string, cells: readonly string[]): Column => ({
  header: [name],
  align: "left",
  expendable: 0,
  name,
  cells,
});

const indented = (
  page: Page,
  table: { readonly header: readonly string[]; readonly rows: readonly string[] },
): readonly string[] => [
  ...table.header.map((line) => page.paint("dim", INDENT + line)),
  ...table.rows.map((line) => INDENT + line),
];

/** Beyond this, figures in one unit would have too many digits to be read. */
const ONE_UNIT_UP_TO = 1000;

const cellsOf = (compared: ComparedFigure): readonly string[] => {
  const sizes = compared.figures.flatMap((one) => (one === null ? [] : [Math.abs(one.absolute.value)]));
  const oneUnit = Math.max(...sizes) <= ONE_UNIT_UP_TO * Math.min(...sizes);
  const scale = oneUnit ? { scale: scaleOf(compared.unit, sizes) } : {};
  return compared.figures.map((estimate) =>
    estimate === null
      ? MISSING
      : formatFigure(
          figureOf(estimate.absolute, estimate.unit, { sign: isPaired(compared.metric), ...scale }),
        ) + (estimate.absolute.low === null ? "~" : ""),
  );
};

/** @returns lines that end in a newline; without escape sequences when `colour` is false */
export const renderComparisonTerminal = (whole: Comparison, options: TerminalOptions): string => {
  const comparison = sensorsOfSides(whole);
  const page: Page = { columns: Math.max(NARROWEST, options.columns), paint: painter(options.colour) };
  const lines = [
    ...paragraph(page, comparison.sides.map(({ label }) => label).join(" | ")),
    ...bannersOf(comparison).flatMap((text) =>
      paragraph(page, text).map((line) => page.paint("yellow", line)),
    ),
    ...heading(page, "What differs"),
    ...(comparison.varies.length === 0 ? [`${INDENT}nothing that was recorded`] : []),
    ...comparison.varies.flatMap((one) => {
      const values = one.values.map((value) => shown(one, value) ?? MISSING);
      return paragraph(
        page,
        values.some((value) => value.length > LONG)
          ? `${one.key}: differs`
          : `${one.key}: ${values.join(" | ")}`,
        INDENT,
        INDENT + INDENT,
      );
    }),
    ...comparison.keptApart.flatMap((apart) =>
      paragraph(page, apartText(apart, comparison.sides), `${INDENT}! `),
    ),
    ...comparedGroups(comparison).flatMap((group) => [
      ...heading(page, groupTitle({ ...group, estimates: [] })),
      ...SHOWN.flatMap((metric) => {
        const rows = group.figures
          .filter((figure) => figure.metric === metric)
          .map((figure) => ({ name: singleLine(figure.agent), cells: cellsOf(figure) }));
        return rows.length === 0
          ? []
          : [`${INDENT}${METRICS[metric].title}`, ...sideTable(page, comparison, rows)];
      }),
    ]),
    ...(comparison.losses.length === 0
      ? []
      : [
          ...heading(page, "Events lost"),
          ...sideTable(
            page,
            comparison,
            comparison.losses.map((loss) => ({
              name: singleLine(`${loss.agent}, ${loss.scenario} (${loss.load})`),
              cells: loss.rows.map((row) => (row === null ? MISSING : formatLoss(row.lossRate))),
            })),
          ),
        ]),
    ...poolLines(page, comparison),
    ...heading(page, "In short"),
    ...comparisonInWords(comparison).flatMap((sentence) => paragraph(page, sentence, INDENT)),
  ];
  return `${lines.join("\n")}\n`;
};

const poolLines = (page: Page, comparison: Comparison): readonly string[] =>
  comparison.pools.flatMap((pool) => {
    const odd = pool.distributions.filter(({ outliers }) => outliers.length > 0);
    return [
      ...heading(page, `Nodes of one kind: ${pool.title} (${pool.sides.length})`),
      ...(odd.length === 0
        ? [`${INDENT}no record stands out`]
        : odd.flatMap(({ agent, metric, unit, median, values, outliers, ...at }) =>
            paragraph(
              page,
              `${outliers
                .map((side) => {
                  const value = values.find((one) => one.side === side)?.value;
                  return `${comparison.sides[side]?.label ?? ""}: ${value === undefined ? MISSING : formatValue(value, unit)}`;
                })
                .join(
                  ", ",
                )} against a median of ${formatValue(median, unit)} (${METRICS[metric].title} of ${agent} on ${operationTitle(at)})`,
              `${INDENT}! `,
            ),
          )),
    ];
  });
