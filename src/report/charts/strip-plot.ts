/** One row an agent: a dot a record, an upright line at the median; records that stand out are named. */
import type { TopLevelSpec } from "vega-lite";
import { singleLine } from "../width.ts";
import { LABEL_LINE, draw } from "./render.ts";
import { TIP, Tips } from "./tips.ts";

export interface StripRow {
  /** The agent that the row is about. */
  readonly agent: string;
  readonly title: string;
  readonly note: string;
  readonly colour: string;
  /** In the unit of the axis, as the points are. */
  readonly median: number;
  /** The median in words: the text of its mark. */
  readonly medianTip: string;
  /** `name`: only of one that stands out. */
  readonly points: readonly {
    readonly value: number;
    readonly name: string | null;
    /** The figure in words: the text of its mark. */
    readonly tip: string;
  }[];
}

export interface StripPlot {
  readonly name: string;
  readonly label: string;
  readonly axis: string;
  readonly rows: readonly StripRow[];
}

const WIDTH = 340;
const ROW = 48;
const TICKS = 6;

const rowName = (row: StripRow): string => `${singleLine(row.title)}\n${row.note}`;

const specOf = (plot: StripPlot, tips: Tips): TopLevelSpec => {
  const y = {
    field: "row",
    type: "nominal",
    sort: plot.rows.map(rowName),
    axis: {
      title: null,
      labelExpr: String.raw`split(datum.value, '\n')`,
      labelLineHeight: LABEL_LINE,
      labelOffset: -LABEL_LINE / 2,
    },
  } as const;
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
      tip: tips.add(row.agent, point.tip),
    })),
  );
  return {
    width: WIDTH,
    height: { step: ROW },
    encoding: { y },
    layer: [
      {
        data: {
          values: plot.rows.map((row) => ({
            row: rowName(row),
            value: row.median,
            tip: tips.add(row.agent, row.medianTip),
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
          stroke: { field: "colour", type: "nominal", scale: null, legend: null },
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

export const drawStripPlot = (plot: StripPlot): Promise<string> => {
  const tips = new Tips();
  return draw(specOf(plot, tips), { ...plot, tips });
};
