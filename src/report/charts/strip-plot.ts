/** One row an agent: a dot a node, an upright line at the mean; outlying nodes are named. */
import type { TopLevelSpec } from "vega-lite";
import type { Shape } from "./palette.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { rowAxis, rowName, type AgentRow } from "./rows.ts";
import { TIP, type Tips } from "./tips.ts";

export interface StripRow extends AgentRow {
  readonly colour: string;
  readonly shape: Shape;
  /** In the unit of the axis, as the points are. */
  readonly middle: number;
  readonly middleTip: string;
  /** `name`: only of one that stands out. */
  readonly points: readonly {
    readonly value: number;
    readonly name: string | null;
    readonly tip: string;
  }[];
}

export interface StripPlot extends Frame {
  readonly axis: string;
  readonly rows: readonly StripRow[];
}

const WIDTH = 340;
const ROW = 48;
const TICKS = 6;

const specOf = (plot: StripPlot, tips: Tips): TopLevelSpec => {
  const x = {
    field: "value",
    type: "quantitative",
    title: plot.axis,
    axis: { tickCount: TICKS },
    scale: { zero: false },
  } as const;
  const points = plot.rows.flatMap((row) =>
    row.points.map((point) => ({
      ...point,
      row: rowName(row),
      colour: row.colour,
      shape: row.shape,
      tip: tips.add(row.agent, point.tip),
    })),
  );
  return {
    width: WIDTH,
    height: { step: ROW },
    encoding: { y: rowAxis(plot.rows) },
    layer: [
      {
        data: {
          values: plot.rows.map((row) => ({
            row: rowName(row),
            value: row.middle,
            tip: tips.add(row.agent, row.middleTip),
          })),
        },
        mark: {
          type: "point",
          shape: "M0,-1V1",
          size: (ROW / 2) ** 2,
          stroke: "var(--ink)",
          strokeWidth: 2,
          opacity: 1,
        },
        encoding: { x, description: TIP },
      },
      {
        data: { values: points },
        mark: { type: "point", filled: false, size: 60, strokeWidth: 1.5, opacity: 1 },
        encoding: {
          x,
          stroke: asIs("colour"),
          shape: asIs("shape"),
          description: TIP,
        },
      },
      {
        data: { values: points.filter(({ name }) => name !== null) },
        mark: { type: "text", dy: -14, fontSize: 11, fill: "var(--over)" },
        encoding: { x, text: { field: "name", type: "nominal" }, description: TIP },
      },
    ],
  };
};

export const drawStripPlot = drawer(specOf);
