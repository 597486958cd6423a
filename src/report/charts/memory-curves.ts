/** Memory over the seconds of a window, one line an agent, and where the workload ended. */
import type { TopLevelSpec } from "vega-lite";
import type { Dash, Shape } from "./palette.ts";
import { drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface MemoryCurve {
  readonly agent: string;
  readonly colour: string;
  readonly shape: Shape;
  readonly dash: Dash;
  readonly points: readonly { readonly seconds: number; readonly mebibytes: number }[];
  readonly tip: string;
}

export interface MemoryCurves extends Frame {
  readonly curves: readonly MemoryCurve[];
  readonly endedSeconds: number;
}

const WIDTH = 620;
const HEIGHT = 220;

/** Points of a curve, of which one is marked. */
const MARK_EVERY = 15;
const MARK_APART = 4;

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
      ...curves.flatMap(({ agent, colour, shape, dash, points, tip }, index) => {
        const key = tips.add(agent, tip);
        const values = points.map((point) => ({ ...point, tip: key }));
        const encoding = { x, y, description: TIP };
        // At other seconds than those of its neighbours.
        const marked = values.filter((_, at) => at % MARK_EVERY === (index * MARK_APART) % MARK_EVERY);
        return [
          {
            data: { values },
            mark: { type: "line" as const, stroke: colour, strokeWidth: 2, strokeDash: [...dash] },
            encoding,
          },
          {
            data: { values: marked },
            mark: { type: "point" as const, filled: true, color: colour, shape, size: 36, opacity: 1 },
            encoding,
          },
        ];
      }),
    ],
  };
};

export const drawMemoryCurves = drawer(specOf);
