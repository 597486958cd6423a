/** Memory over the seconds of a window, one line an agent, and where the workload ended. */
import type { TopLevelSpec } from "vega-lite";
import { drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface MemoryCurve {
  readonly agent: string;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly points: readonly { readonly seconds: number; readonly mebibytes: number }[];
  readonly tip: string;
}

export interface MemoryCurves extends Frame {
  readonly curves: readonly MemoryCurve[];
  readonly endedSeconds: number;
}

const WIDTH = 620;
const HEIGHT = 220;

const ends = (values: readonly number[]) => {
  const domain = [0, Math.max(1, ...values)];
  return { domain, nice: false, padding: 0 };
};

/** A curve along the frame is cut in half. */
const ROOM = 1.08;

const axesOf = (curves: readonly MemoryCurve[]) => {
  const points = curves.flatMap((curve) => curve.points);
  return {
    x: {
      field: "seconds",
      type: "quantitative",
      title: "seconds",
      scale: ends(points.map(({ seconds }) => seconds)),
    },
    y: {
      field: "mebibytes",
      type: "quantitative",
      title: "memory, MiB",
      axis: { grid: true },
      scale: ends(points.map(({ mebibytes }) => ROOM * mebibytes)),
    },
  } as const;
};

const specOf = ({ curves, endedSeconds }: MemoryCurves, tips: Tips): TopLevelSpec => {
  const { x, y } = axesOf(curves);
  return {
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: [{ seconds: endedSeconds }] },
        mark: { type: "rule", stroke: "var(--ink)", strokeDash: [2, 3] },
        encoding: { x },
      },
      ...curves.map(({ agent, colour, dash, points, tip }) => {
        const key = tips.add(agent, tip);
        return {
          data: { values: points.map((point) => ({ ...point, tip: key })) },
          mark: { type: "line" as const, stroke: colour, strokeWidth: 2, strokeDash: [...dash] },
          encoding: { x, y, description: TIP },
        };
      }),
    ],
  };
};

export const drawMemoryCurves = drawer(specOf);
