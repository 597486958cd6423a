/** One row an agent, one cell a second: the darker, the more CPU time. One scale for all rows, so that they compare. */
import type { TopLevelSpec } from "vega-lite";
import { asIs, drawer, type Frame } from "./render.ts";
import { rowAxis, rowName, type AgentRow } from "./rows.ts";
import { TIP, type Tips } from "./tips.ts";

export interface HeatRow extends AgentRow {
  readonly colour: string;
  /** `share`: of the darkest, 0 to 1. */
  readonly cells: readonly { readonly second: number; readonly share: number; readonly tip: string }[];
}

export interface HeatStrips extends Frame {
  readonly rows: readonly HeatRow[];
}

const WIDTH = 620;
const ROW = 44;
const TICKS = 10;

const specOf = ({ rows }: HeatStrips, tips: Tips): TopLevelSpec => {
  const values = rows.flatMap((row) =>
    row.cells.map(({ second, share, tip }) => ({
      row: rowName(row),
      from: second,
      to: second + 1,
      share,
      colour: row.colour,
      tip: tips.add(row.agent, tip),
    })),
  );
  const last = Math.max(1, ...values.map(({ to }) => to));
  return {
    width: WIDTH,
    height: { step: ROW },
    data: { values },
    mark: { type: "rect" },
    encoding: {
      y: rowAxis(rows),
      x: {
        field: "from",
        type: "quantitative",
        scale: { domain: [0, last], nice: false, padding: 0 },
        axis: { title: "seconds", tickCount: TICKS },
      },
      x2: { field: "to" },
      fill: asIs("colour"),
      fillOpacity: {
        field: "share",
        type: "quantitative",
        scale: { domain: [0, 1], range: [0.06, 1] },
        legend: null,
      },
      description: TIP,
    },
  };
};

export const drawHeatStrips = drawer(specOf);
