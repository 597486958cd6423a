/** What `tare calibrate` shows: for each workload how truly known costs came back, and what this node can resolve. */
import type { Calibration, Summary } from "../../domain/verdict.ts";
import {
  MISSING,
  figureOf,
  formatConfidence,
  formatCost,
  formatCount,
  formatDuration,
  formatLevel,
  formatValue,
} from "../format.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import type { TerminalOptions } from "../terminal.ts";
import { layOut } from "../text-table.ts";
import type { Column } from "../text-table.ts";
import { INDENT, NARROWEST, heading, painter, paragraph } from "./page.ts";
import type { Page } from "./page.ts";

/** A cost that somebody wants to find: how many blocks that takes for a workload, null when out of reach. */
export interface WantedCost {
  readonly ns: number;
  blocks(calibration: Calibration): number | null;
}

export const renderCalibration = (summary: Summary, wanted: WantedCost, options: TerminalOptions): string => {
  const page: Page = { columns: Math.max(NARROWEST, options.columns), paint: painter(options.colour) };
  const { trust, run } = summary;
  const lines = [
    `calibration ${run.id}: ${formatCount(run.blocks)} blocks, seed ${run.seed}`,
    ...trust.calibration.flatMap((calibration) => oneWorkload(page, calibration, summary, wanted)),
    ...(trust.calibration.length === 0
      ? ["", "no known cost was measured: see the warnings of the report"]
      : []),
    ...knownLosses(page, summary),
    ...knownLevels(page, summary),
    ...heading(page, "A/A: a thing compared with itself"),
    ...paragraph(
      page,
      `${trust.aa.rejections} of ${trust.aa.contrasts.length} contrasts leave out zero at 95 %; chance explains up to ${trust.aa.mostByChance}`,
      INDENT,
    ),
    ...(trust.failures.length === 0
      ? []
      : [
          ...heading(page, "Failed"),
          ...trust.failures.flatMap((failure) => paragraph(page, failure, INDENT)),
        ]),
  ];
  return `${lines.join("\n")}\n`;
};

const plain = (header: string, align: Column["align"], cells: readonly string[]): Column => ({
  header: [header],
  align,
  expendable: 0,
  name: header,
  cells,
});

const table = (page: Page, columns: readonly Column[]): readonly string[] => {
  const laidOut = layOut(columns, page.columns - INDENT.length);
  return [
    ...laidOut.header.map((line) => page.paint("dim", INDENT + line)),
    ...laidOut.rows.map((line) => INDENT + line),
  ];
};

const oneWorkload = (
  page: Page,
  calibration: Calibration,
  summary: Summary,
  wanted: WantedCost,
): readonly string[] => {
  const { points, slope, intercept, minimalDetectable, residual, passed } = calibration;
  const slopeFigure = figureOf(slope, "cores");
  const verdict =
    passed === null ? "too few blocks, or too wide, to tell" : passed ? "came back" : "DID NOT COME BACK";
  const needed = wanted.blocks(calibration);
  const time = needed === null ? null : timeOf(summary, needed);
  return [
    ...heading(page, `${operationTitle(calibration)} (${conditionsOf(calibration)})`),
    ...table(page, [
      plain(
        "agent",
        "left",
        points.map((point) => point.agent),
      ),
      plain(
        "burned",
        "right",
        points.map((point) => formatValue(point.injected, "ns/op")),
      ),
      plain(
        "recovered above baseline",
        "left",
        points.map((point) => formatCost(point.recovered, "ns/op")),
      ),
      plain(
        "n",
        "right",
        points.map((point) => formatCount(point.blocks)),
      ),
    ]),
    ...paragraph(
      page,
      `slope ${slopeFigure.value} ${slopeFigure.range ?? "(no interval)"} (${formatConfidence(slope.level)}): ${verdict}`,
      INDENT,
    ),
    ...paragraph(
      page,
      `hook without a dose: ${formatCost(intercept, "ns/op")}; residual sd ${residual === null ? MISSING : formatValue(residual, "ns/op")}`,
      INDENT,
    ),
    ...(minimalDetectable === null
      ? []
      : paragraph(
          page,
          `smallest cost this run would find (80 % power): ${formatValue(minimalDetectable.ns, "ns/op")}${minimalDetectable.percent === null ? "" : ` (${minimalDetectable.percent.toPrecision(2)} % of the operation)`}`,
          INDENT,
        )),
    ...paragraph(
      page,
      needed === null
        ? `${formatValue(wanted.ns, "ns/op")}: out of reach on this node`
        : `${formatValue(wanted.ns, "ns/op")}: needs about ${formatCount(needed)} blocks${time === null ? "" : `, ${formatDuration(time)} of a run like this one`}`,
      INDENT,
    ),
  ];
};

/** Milliseconds for a number of blocks at this run's pace; null for a run that was not ended. */
const timeOf = ({ run }: Summary, blocks: number): number | null =>
  run.endedAt === null || run.blocks === 0
    ? null
    : ((Date.parse(run.endedAt) - Date.parse(run.startedAt)) / run.blocks) * blocks;

const knownLosses = (page: Page, { trust }: Summary): readonly string[] =>
  trust.knownLoss.length === 0
    ? []
    : [
        ...heading(page, "Known losses"),
        ...table(page, [
          plain(
            "agent",
            "left",
            trust.knownLoss.map((row) => row.agent),
          ),
          plain(
            "scenario",
            "left",
            trust.knownLoss.map((row) => row.scenario),
          ),
          plain(
            "operations",
            "right",
            trust.knownLoss.map((row) => formatCount(row.operations)),
          ),
          plain(
            "missing",
            "right",
            trust.knownLoss.map((row) => formatCount(row.missing)),
          ),
          plain(
            "declared",
            "right",
            trust.knownLoss.map((row) => (row.declared === null ? MISSING : formatCount(row.declared))),
          ),
          plain(
            "",
            "left",
            trust.knownLoss.map((row) => (row.exact ? "exact" : "NOT EXACT")),
          ),
        ]),
      ];

const knownLevels = (page: Page, { trust }: Summary): readonly string[] =>
  trust.knownLevels.length === 0
    ? []
    : [
        ...heading(page, "Known CPU and memory"),
        ...table(page, [
          plain(
            "agent",
            "left",
            trust.knownLevels.map((row) => row.agent),
          ),
          plain(
            "scenario",
            "left",
            trust.knownLevels.map((row) => row.scenario),
          ),
          plain(
            "injected",
            "right",
            trust.knownLevels.map((row) => formatValue(row.injected, row.unit)),
          ),
          plain(
            "recovered",
            "left",
            trust.knownLevels.map((row) => formatLevel(row.recovered, row.unit)),
          ),
        ]),
      ];
