/** One bar an agent, in parts. Parts are told apart by how they are filled and by the legend that the page prints. */
import type { TopLevelSpec } from "vega-lite";
import { singleLine } from "../width.ts";
import { LABEL_LINE, draw } from "./render.ts";
import { TIP, Tips } from "./tips.ts";

export interface BarPart {
  readonly title: string;
  /** In the unit of the axis. A negative part is drawn to the left of zero. */
  readonly value: number;
  readonly colour: string;
  readonly opacity: number;
  /** The figure in words: the text of its mark. */
  readonly tip: string;
}

export interface BarRow {
  /** The agent that the bar is about. */
  readonly agent: string;
  readonly title: string;
  /** Second line of the label. */
  readonly note: string;
  /** From the zero line outwards. */
  readonly parts: readonly BarPart[];
}

export interface StackedBars {
  readonly name: string;
  readonly label: string;
  readonly axis: string;
  readonly rows: readonly BarRow[];
  /** Ends of the axis where they are known beforehand. */
  readonly domain?: readonly [number, number];
}

const WIDTH = 420;
const ROW = 40;
const TICKS = 6;

const rowName = (row: BarRow): string => `${singleLine(row.title)}\n${row.note}`;

const specOf = (bars: StackedBars, tips: Tips): TopLevelSpec => ({
  width: WIDTH,
  height: { step: ROW },
  data: {
    values: bars.rows.flatMap((row) =>
      // What is nothing has nothing to point at.
      row.parts
        .filter(({ value }) => value !== 0)
        .map((part, order) => ({
          ...part,
          row: rowName(row),
          order,
          tip: tips.add(row.agent, part.tip),
        })),
    ),
  },
  layer: [
    {
      mark: { type: "bar", height: 18, stroke: "var(--paper)", strokeWidth: 0.5 },
      encoding: {
        y: {
          field: "row",
          type: "nominal",
          sort: bars.rows.map(rowName),
          scale: { domain: bars.rows.map(rowName) },
          axis: {
            title: null,
            labelExpr: String.raw`split(datum.value, '\n')`,
            labelLineHeight: LABEL_LINE,
            labelOffset: -LABEL_LINE / 2,
          },
        },
        x: {
          field: "value",
          type: "quantitative",
          title: bars.axis,
          stack: "zero",
          axis: { tickCount: TICKS },
          scale: bars.domain === undefined ? { nice: false } : { domain: [...bars.domain] },
        },
        order: { field: "order", type: "ordinal" },
        fill: { field: "colour", type: "nominal", scale: null, legend: null },
        fillOpacity: { field: "opacity", type: "quantitative", scale: null, legend: null },
        description: TIP,
      },
    },
    {
      data: { values: [{}] },
      mark: { type: "rule", stroke: "var(--ink)", strokeWidth: 1 },
      encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: "height" } },
    },
  ],
});

export const drawStackedBars = (bars: StackedBars): Promise<string> => {
  const tips = new Tips();
  return draw(specOf(bars, tips), { ...bars, tips });
};
