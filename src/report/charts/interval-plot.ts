/** One row an agent: a point with its interval against a reference line. Without an interval the point is hollow. */
import type { TopLevelSpec } from "vega-lite";
import type { LayerSpec } from "vega-lite/types_unstable/spec/layer.js";
import type { Interval } from "../../domain/verdict.ts";
import { singleLine } from "../width.ts";
import { LABEL_LINE, draw } from "./render.ts";
import { TIP, Tips } from "./tips.ts";

export interface PlotRow {
  readonly title: string;
  /** The agent that the row is about. */
  readonly agent: string;
  /** Second line of the label, such as "n = 12" or "exploratory, n = 3". */
  readonly note: string;
  /** The figure in words: the text of its mark. */
  readonly tip: string;
  readonly colour: string;
  /** In the unit of the axis. */
  readonly at: Interval;
}

export interface PlotLine {
  readonly at: number;
  readonly title: string;
}

export interface IntervalPlot {
  /** Unique in the page. */
  readonly name: string;
  /** The chart in words. */
  readonly label: string;
  /** What the axis shows, with its unit. */
  readonly axis: string;
  readonly rows: readonly PlotRow[];
  /** Further vertical lines, such as a budget. */
  readonly lines?: readonly PlotLine[];
}

const WIDTH = 340;
const ROW = 40;
const TICKS = 6;

/** Two lines: Vega breaks a label where its text is an array. The title is foreign text and must not break it again. */
const rowName = (row: PlotRow): string => `${singleLine(row.title)}\n${row.note}`;

type Layer = LayerSpec<string>["layer"][number];

const referenceLines = (lines: readonly PlotLine[]): readonly Layer[] => {
  if (lines.length === 0) return [];
  const data = { values: lines.map(({ at, title }) => ({ at, title })) };
  const x = { field: "at", type: "quantitative" } as const;
  return [
    {
      data,
      mark: { type: "rule", stroke: "var(--over)", strokeDash: [4, 3] },
      encoding: { x, y: { value: 0 }, y2: { value: "height" } },
    },
    {
      data,
      mark: { type: "text", baseline: "bottom", fill: "var(--over)", fontSize: 11 },
      encoding: { x, y: { value: -4 }, text: { field: "title", type: "nominal" } },
    },
  ];
};

const specOf = (plot: IntervalPlot, tips: Tips): TopLevelSpec => {
  const order = plot.rows.map(rowName);
  const values = plot.rows.map((row) => ({
    row: rowName(row),
    value: row.at.value,
    low: row.at.low,
    high: row.at.high,
    colour: row.colour,
    fill: row.at.low === null ? "var(--paper)" : row.colour,
    tip: tips.add(row.agent, row.tip),
  }));
  const y = {
    field: "row",
    type: "nominal",
    sort: order,
    axis: {
      title: null,
      labelExpr: String.raw`split(datum.value, '\n')`,
      labelLineHeight: LABEL_LINE,
      labelOffset: -LABEL_LINE / 2,
    },
  } as const;
  const colour = { field: "colour", type: "nominal", scale: null, legend: null } as const;
  return {
    width: WIDTH,
    height: { step: ROW },
    data: { values },
    encoding: { y },
    layer: [
      {
        data: { values: [{}] },
        mark: { type: "rule", stroke: "var(--ink)", strokeWidth: 1 },
        encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: "height" } },
      },
      ...referenceLines(plot.lines ?? []),
      {
        transform: [{ filter: "datum.low !== null && datum.high !== null" }],
        mark: { type: "rule", strokeWidth: 2.5, strokeCap: "round" },
        encoding: {
          x: { field: "low", type: "quantitative" },
          x2: { field: "high" },
          color: colour,
          description: TIP,
        },
      },
      {
        mark: { type: "point", filled: false, size: 70, strokeWidth: 2, opacity: 1 },
        encoding: {
          // Not stretched to a round end: a level would then reach below zero.
          x: {
            field: "value",
            type: "quantitative",
            title: plot.axis,
            axis: { tickCount: TICKS },
            scale: { nice: false },
          },
          stroke: colour,
          fill: { field: "fill", type: "nominal", scale: null, legend: null },
          description: TIP,
        },
      },
    ],
  };
};

export const drawIntervalPlot = (plot: IntervalPlot): Promise<string> => {
  const tips = new Tips();
  return draw(specOf(plot, tips), { ...plot, tips });
};
