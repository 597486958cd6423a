/** Over the rate at which events were raised: the shares delivered, declared lost and silently lost, one panel each, one line an agent. */
import type { TopLevelSpec } from "vega-lite";
import type { LayerSpec } from "vega-lite/types_unstable/spec/layer.js";
import { logTicks } from "./log-ticks.ts";
import type { Dash, Shape } from "./palette.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface LossPoint {
  readonly agent: string;
  readonly colour: string;
  readonly shape: Shape;
  readonly dash: Dash;
  readonly rate: number;
  /** Points of one line share it; null for one that stands alone. */
  readonly line: string | null;
  /** Whether the rate was offered (open load), or came of itself (closed loop). */
  readonly offered: boolean;
  readonly share: number;
  readonly tip: string;
}

export interface LossPanel {
  readonly axis: string;
  readonly points: readonly LossPoint[];
}

export interface LossCurves extends Frame {
  readonly panels: readonly LossPanel[];
}

const WIDTH = 560;
const HEIGHT = 100;
const RATE_TICKS = 8;
const SHARE_TICKS = 4;
/** Room for the labels at the left, the same for all panels. */
const LABELS = 44;
/** Where nothing was lost the axis still needs an end, percent. */
const MIN_END = 1;
/** Pixels between agents that were measured at the same rate. */
const APART = 7;

/** Ends of the axis of rates, with room at both sides; also where all rates are one. */
const rateDomain = (rates: readonly number[]): readonly [number, number] => [
  Math.min(...rates) / 1.6,
  Math.max(...rates) * 1.6,
];

type Layer = LayerSpec<string>["layer"][number];

const specOf = ({ panels }: LossCurves, tips: Tips): TopLevelSpec => {
  const all = panels.flatMap(({ points }) => points);
  const [least, most] = rateDomain(all.map(({ rate }) => rate));
  const rateEnds = [least, most];
  const agents = [...new Set(all.map(({ agent }) => agent))];
  const perPixel = Math.log(most / least) / WIDTH;
  /** Beside each other, so that an agent does not lie under another at the rate that both were offered. */
  const beside = ({ agent, rate, offered }: LossPoint): number =>
    !offered ? rate : rate * Math.exp((agents.indexOf(agent) - (agents.length - 1) / 2) * APART * perPixel);
  const ticks = logTicks(least, most, RATE_TICKS);
  return {
    vconcat: panels.map(({ axis, points }, index) => {
      const values = points.map((point) => ({
        rate: beside(point),
        share: point.share,
        colour: point.colour,
        line: point.line,
        shape: point.shape,
        fill: point.offered ? point.colour : "var(--paper)",
        tip: tips.add(point.agent, point.tip),
      }));
      const lines = Map.groupBy(
        points.filter(({ line }) => line !== null),
        ({ line }) => line,
      );
      const x = {
        field: "rate",
        type: "quantitative",
        scale: { type: "log", domain: rateEnds, nice: false },
        axis: {
          values: ticks,
          format: ",",
          labelOverlap: false,
          title: index === panels.length - 1 ? "events a second" : null,
        },
      } as const;
      const shareEnds = [0, Math.max(MIN_END, ...points.map(({ share }) => share))];
      const y = {
        field: "share",
        type: "quantitative",
        title: axis,
        axis: { tickCount: SHARE_TICKS, grid: true, minExtent: LABELS },
        scale: { domain: shareEnds, nice: false, padding: 8 },
      } as const;
      return {
        width: WIDTH,
        height: HEIGHT,
        layer: [
          ...[...lines.values()].flatMap((ofLine) => {
            const [first] = ofLine;
            if (first === undefined || ofLine.length < 2) return [];
            const key = tips.add(first.agent, first.agent);
            return [
              {
                data: {
                  values: ofLine.map((point) => ({ rate: beside(point), share: point.share, tip: key })),
                },
                mark: {
                  type: "line",
                  stroke: first.colour,
                  strokeWidth: 2,
                  strokeDash: [...first.dash],
                },
                encoding: { x, y, description: TIP },
              } satisfies Layer,
            ];
          }),
          {
            data: { values },
            mark: { type: "point", filled: false, size: 60, strokeWidth: 1.5, opacity: 1 },
            encoding: {
              x,
              y,
              stroke: asIs("colour"),
              fill: asIs("fill"),
              shape: asIs("shape"),
              description: TIP,
            },
          },
        ],
      };
    }),
    spacing: 14,
  };
};

export const drawLossCurves = drawer(specOf);
