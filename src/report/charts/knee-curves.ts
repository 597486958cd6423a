/** Over the rate that was offered: the share of operations that were bad, a point a probe, and the knee of each agent with its interval. */
import type { TopLevelSpec } from "vega-lite";
import type { LayerSpec } from "vega-lite/types_unstable/spec/layer.js";
import { logTicks } from "./log-ticks.ts";
import type { Shape } from "./palette.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface KneePoint {
  readonly agent: string;
  readonly colour: string;
  readonly shape: Shape;
  readonly rate: number;
  /** Percent. */
  readonly share: number;
  readonly tip: string;
}

export interface KneeMark {
  readonly agent: string;
  readonly colour: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly tip: string;
}

export interface KneeCurves extends Frame {
  readonly points: readonly KneePoint[];
  readonly knees: readonly KneeMark[];
  /** Percent that may be bad at the knee. */
  readonly limit: number;
}

const WIDTH = 560;
const HEIGHT = 200;
const RATE_TICKS = 8;
/** Percent: a share of nothing has no place on a logarithmic axis. */
const LEAST = 0.01;

type Layer = LayerSpec<string>["layer"][number];

const specOf = ({ points, knees, limit }: KneeCurves, tips: Tips): TopLevelSpec => {
  const rates = [...points.map(({ rate }) => rate), ...knees.flatMap(({ low, high }) => [low, high])];
  const least = Math.min(...rates) / 1.3;
  const most = Math.max(...rates) * 1.3;
  const rateEnds = [least, most];
  const shareEnds = [LEAST, 100];
  const shareTicks = [LEAST, 0.1, 1, 10, 100];
  const x = {
    field: "rate",
    type: "quantitative",
    scale: { type: "log", domain: rateEnds, nice: false },
    axis: {
      values: logTicks(least, most, RATE_TICKS),
      format: ",",
      labelOverlap: false,
      title: "operations a second",
    },
  } as const;
  const y = {
    field: "share",
    type: "quantitative",
    title: "bad operations, %",
    axis: { values: shareTicks, grid: true, labelExpr: `datum.value <= ${LEAST} ? '0' : datum.label` },
    scale: { type: "log", domain: shareEnds, nice: false, padding: 8 },
  } as const;
  const band = knees.map(({ agent, colour, value, low, high, tip }) => ({
    rate: value,
    low,
    high,
    share: limit,
    colour,
    tip: tips.add(agent, tip),
  }));
  return {
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: [{ share: limit }] },
        mark: { type: "rule", stroke: "var(--ink)", strokeDash: [2, 3] },
        encoding: { y },
      } satisfies Layer,
      {
        data: {
          values: points.map(({ agent, colour, shape, rate, share, tip }) => ({
            rate,
            share: Math.max(LEAST, share),
            colour,
            shape,
            tip: tips.add(agent, tip),
          })),
        },
        mark: { type: "point", filled: true, size: 40, opacity: 1 },
        encoding: { x, y, color: asIs("colour"), shape: asIs("shape"), description: TIP },
      } satisfies Layer,
      {
        data: { values: band },
        mark: { type: "rule", strokeWidth: 5 },
        encoding: {
          x: { ...x, field: "low" },
          x2: { field: "high" },
          y,
          color: asIs("colour"),
          description: TIP,
        },
      } satisfies Layer,
      {
        data: { values: band },
        mark: { type: "tick", thickness: 2, size: 26 },
        encoding: { x, y, color: asIs("colour"), description: TIP },
      } satisfies Layer,
    ],
  };
};

export const drawKneeCurves = drawer(specOf);
