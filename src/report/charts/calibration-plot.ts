/** What was recovered against what was injected, with the line on which both are equal. */
import type { TopLevelSpec } from "vega-lite";
import type { Interval } from "../../domain/verdict.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface CalibrationPlot extends Frame {
  readonly unit: string;
  readonly points: readonly {
    readonly agent: string;
    readonly injected: number;
    readonly recovered: Interval;
    readonly tip: string;
  }[];
  readonly slope: number;
  readonly intercept: number;
}

const SIZE = 260;

const specOf = ({ unit, points, slope, intercept }: CalibrationPlot, tips: Tips): TopLevelSpec => {
  const furthest = points.reduce((most, { injected }) => Math.max(most, injected), 0);
  const x = { field: "x", type: "quantitative", title: `injected, ${unit}`, axis: { tickCount: 5 } } as const;
  const y = { field: "y", type: "quantitative", title: `recovered, ${unit}`, axis: { grid: true } } as const;
  const line = (at: (x: number) => number) => ({
    values: [0, furthest].map((one) => ({ x: one, y: at(one) })),
  });
  const values = points.map(({ agent, injected, recovered, tip }) => ({
    tip: tips.add(agent, tip),
    x: injected,
    y: recovered.value,
    low: recovered.low,
    high: recovered.high,
    fill: recovered.low === null ? "var(--paper)" : "var(--ink)",
  }));
  return {
    width: SIZE,
    height: SIZE,
    layer: [
      {
        data: line((one) => one),
        mark: { type: "line", stroke: "var(--muted)", strokeDash: [4, 3], strokeWidth: 1.5 },
        encoding: { x, y },
      },
      {
        data: line((one) => intercept + slope * one),
        mark: { type: "line", stroke: "var(--ink)", strokeWidth: 1.5 },
        encoding: { x, y },
      },
      {
        data: { values },
        transform: [{ filter: "datum.low !== null && datum.high !== null" }],
        mark: { type: "rule", stroke: "var(--ink)", strokeWidth: 2.5, strokeCap: "round" },
        encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
      },
      {
        data: { values },
        mark: {
          type: "point",
          filled: false,
          stroke: "var(--ink)",
          size: 70,
          strokeWidth: 2,
          opacity: 1,
        },
        encoding: {
          x,
          y,
          fill: asIs("fill"),
          description: TIP,
        },
      },
    ],
  };
};

export const drawCalibrationPlot = drawer(specOf);
