/** One row an agent: a point with its interval against a reference line. Without an interval the point is hollow. */
import type { TopLevelSpec } from "vega-lite";
import type { LayerSpec } from "vega-lite/types_unstable/spec/layer.js";
import type { Interval } from "../../domain/verdict.ts";
import type { Shape } from "./palette.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { ZERO_LINE, rowAxis, rowName, type AgentRow } from "./rows.ts";
import { TIP, type Tips } from "./tips.ts";

export interface PlotRow extends AgentRow {
  readonly tip: string;
  readonly colour: string;
  readonly shape: Shape;
  readonly at: Interval;
}

export interface PlotLine {
  readonly at: number;
  readonly title: string;
}

export interface IntervalPlot extends Frame {
  readonly axis: string;
  readonly rows: readonly PlotRow[];
  readonly lines?: readonly PlotLine[];
}

const WIDTH = 340;
const ROW = 40;
const TICKS = 6;

type Layer = LayerSpec<string>["layer"][number];

const referenceLines = (lines: readonly PlotLine[]): readonly Layer[] => {
  if (lines.length === 0) return [];
  const data = { values: [...lines] };
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
  const values = plot.rows.map((row) => ({
    row: rowName(row),
    value: row.at.value,
    low: row.at.low,
    high: row.at.high,
    colour: row.colour,
    shape: row.shape,
    fill: row.at.low === null ? "var(--paper)" : row.colour,
    tip: tips.add(row.agent, row.tip),
  }));
  const colour = asIs("colour");
  return {
    width: WIDTH,
    height: { step: ROW },
    data: { values },
    encoding: { y: rowAxis(plot.rows) },
    layer: [
      ZERO_LINE,
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
          shape: asIs("shape"),
          fill: asIs("fill"),
          description: TIP,
        },
      },
    ],
  };
};

export const drawIntervalPlot = drawer(specOf);
