/** One bar an agent, in parts. Parts are told apart by how they are filled and by the legend that the page prints. */
import type { TopLevelSpec } from "vega-lite";
import { asIs, drawer, type Frame } from "./render.ts";
import { ZERO_LINE, rowAxis, rowName, type AgentRow } from "./rows.ts";
import { TIP, type Tips } from "./tips.ts";

export interface BarPart {
  readonly title: string;
  readonly value: number;
  readonly colour: string;
  readonly opacity: number;
  readonly tip: string;
}

export interface BarRow extends AgentRow {
  /** From the zero line outwards. */
  readonly parts: readonly BarPart[];
}

export interface StackedBars extends Frame {
  readonly axis: string;
  readonly rows: readonly BarRow[];
  /** Ends of the axis where they are known beforehand. */
  readonly domain?: readonly [number, number];
}

const WIDTH = 420;
const ROW = 40;
const TICKS = 6;

const specOf = (bars: StackedBars, tips: Tips): TopLevelSpec => ({
  width: WIDTH,
  height: { step: ROW },
  data: {
    values: bars.rows.flatMap((row) =>
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
        y: rowAxis(bars.rows),
        x: {
          field: "value",
          type: "quantitative",
          title: bars.axis,
          stack: "zero",
          axis: { tickCount: TICKS },
          scale: bars.domain === undefined ? { nice: false } : { domain: [...bars.domain] },
        },
        order: { field: "order", type: "ordinal" },
        fill: asIs("colour"),
        fillOpacity: { ...asIs("opacity"), type: "quantitative" },
        description: TIP,
      },
    },
    ZERO_LINE,
  ],
});

export const drawStackedBars = drawer(specOf);
