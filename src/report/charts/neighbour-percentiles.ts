/** What a service feels: of each agent and of none, a percentile of its response time alone (hollow) and beside the storm (full), one panel a percentile. */
import type { TopLevelSpec } from "vega-lite";
import { logTicks } from "./log-ticks.ts";
import type { Shape } from "./palette.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { rowAxis, rowName, type AgentRow } from "./rows.ts";
import { TIP, type Tips } from "./tips.ts";

export interface PercentileRow extends AgentRow {
  readonly colour: string;
  readonly shape: Shape;
  readonly aloneNs: number;
  readonly besideNs: number;
  readonly tip: string;
}

export interface PercentilePanel {
  readonly axis: string;
  readonly rows: readonly PercentileRow[];
}

export interface NeighbourPercentiles extends Frame {
  readonly panels: readonly PercentilePanel[];
}

const WIDTH = 440;
const ROW = 36;
const TICKS = 6;
/** Room beyond the outermost marks. */
const MARGIN = 1.3;

const LABELS =
  "datum.value < 1e3 ? format(datum.value, '~g') + ' ns' : datum.value < 1e6 ? format(datum.value / 1e3, '~g') + ' µs' : datum.value < 1e9 ? format(datum.value / 1e6, '~g') + ' ms' : format(datum.value / 1e9, '~g') + ' s'";

const specOf = ({ panels }: NeighbourPercentiles, tips: Tips): TopLevelSpec => ({
  vconcat: panels.map(({ axis, rows }) => {
    const times = rows.flatMap(({ aloneNs, besideNs }) => [aloneNs, besideNs]);
    const least = Math.min(...times) / MARGIN;
    const most = Math.max(...times) * MARGIN;
    const values = rows.map((row) => ({
      row: rowName(row),
      alone: row.aloneNs,
      beside: row.besideNs,
      colour: row.colour,
      shape: row.shape,
      tip: tips.add(row.agent, row.tip),
    }));
    const ends = [least, most];
    const x = {
      type: "quantitative",
      scale: { type: "log", domain: ends, nice: false },
      title: axis,
      axis: { values: logTicks(least, most, TICKS), labelExpr: LABELS, labelOverlap: false, grid: true },
    } as const;
    return {
      width: WIDTH,
      height: { step: ROW },
      data: { values },
      encoding: { y: rowAxis(rows) },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 2, opacity: 0.6 },
          encoding: {
            x: { field: "alone", ...x },
            x2: { field: "beside" },
            color: asIs("colour"),
            description: TIP,
          },
        },
        {
          mark: { type: "point", size: 70, strokeWidth: 2, opacity: 1, fill: "var(--paper)" },
          encoding: {
            x: { field: "alone", ...x },
            stroke: asIs("colour"),
            shape: asIs("shape"),
            description: TIP,
          },
        },
        {
          mark: { type: "point", filled: true, size: 80, opacity: 1 },
          encoding: {
            x: { field: "beside", ...x },
            color: asIs("colour"),
            shape: asIs("shape"),
            description: TIP,
          },
        },
      ],
    };
  }),
  spacing: 14,
});

export const drawNeighbourPercentiles = drawer(specOf);
