/** Latency over percentile, one line an agent: the further right, the rarer; both axes stretched so that the tail can be read. */
import type { TopLevelSpec } from "vega-lite";
import type { LatencyDistribution } from "../../domain/run-view.ts";
import { formatNs } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { logTicks } from "./log-ticks.ts";
import type { Dash, Shape } from "./palette.ts";
import { drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface Curve extends LatencyDistribution {
  readonly colour: string;
  readonly shape: Shape;
  readonly dash: Dash;
}

export interface PercentileCurves extends Frame {
  readonly axis: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 560;
const HEIGHT = 260;
const TIME_TICKS = 8;

/** Percentile as the number of nines: 0.9 is 1, 0.99 is 2. */
const nines = (share: number): number => -Math.log10(1 - share);

const TICKS: readonly (readonly [share: number, text: string])[] = [
  [0.5, "50 %"],
  [0.9, "90 %"],
  [0.99, "99 %"],
  [0.999, "99.9 %"],
  [0.9999, "99.99 %"],
  [0.99999, "99.999 %"],
];

const tickTexts = TICKS.map(
  ([share, text]) => `abs(datum.value - ${nines(share)}) < 1e-6 ? '${text}' : `,
).join("");

/** The axis is in nanoseconds; its labels say the unit that fits. */
const TIME_LABELS =
  "datum.value < 1e3 ? format(datum.value, '~g') + ' ns' : datum.value < 1e6 ? format(datum.value / 1e3, '~g') + ' µs' : datum.value < 1e9 ? format(datum.value / 1e6, '~g') + ' ms' : format(datum.value / 1e9, '~g') + ' s'";

const specOf = (plot: PercentileCurves, tips: Tips): TopLevelSpec => {
  const lineTips = new Map(plot.curves.map(({ agent }) => [agent, tips.add(agent, agent)]));
  const values = plot.curves.flatMap((curve) =>
    curve.percentiles.map(({ share, ns }) => ({
      agent: curve.agent,
      nines: nines(share),
      ns,
      tip: lineTips.get(curve.agent),
    })),
  );
  const marked = plot.curves.flatMap((curve) =>
    TICKS.flatMap(([tick, text]) => {
      const found = curve.percentiles.find(({ share }) => Math.abs(share - tick) < 1e-9);
      return found === undefined
        ? []
        : [
            {
              agent: curve.agent,
              nines: nines(tick),
              ns: found.ns,
              tip: tips.add(
                curve.agent,
                `${curve.agent}: ${text} of the operations within ${typeset(formatNs(found.ns))}`,
              ),
            },
          ];
    }),
  );
  const furthest = values.reduce((most, point) => Math.max(most, point.nines), 0);
  const agents = plot.curves.map((curve) => curve.agent);
  const times = values.map(({ ns }) => ns);
  return {
    width: WIDTH,
    height: HEIGHT,
    encoding: {
      x: {
        field: "nines",
        type: "quantitative",
        title: "share of the operations that were at least this fast",
        axis: {
          values: TICKS.map(([share]) => nines(share)).filter((tick) => tick <= furthest + 1e-9),
          labelOverlap: false,
          labelExpr: `${tickTexts}''`,
        },
      },
      y: {
        field: "ns",
        type: "quantitative",
        title: plot.axis,
        scale: { type: "log", nice: false, padding: 12 },
        axis: {
          values: logTicks(Math.min(...times), Math.max(...times), TIME_TICKS),
          labelExpr: TIME_LABELS,
          labelOverlap: false,
          grid: true,
          domain: false,
        },
      },
      color: {
        field: "agent",
        type: "nominal",
        legend: null,
        scale: { domain: agents, range: plot.curves.map((curve) => curve.colour) },
      },
      description: TIP,
    },
    layer: [
      {
        data: { values },
        mark: { type: "line", strokeWidth: 2, strokeJoin: "round" },
        encoding: {
          strokeDash: {
            field: "agent",
            type: "nominal",
            legend: null,
            scale: { domain: agents, range: plot.curves.map((curve) => [...curve.dash]) },
          },
        },
      },
      {
        data: { values: marked },
        mark: { type: "point", filled: true, size: 36, opacity: 1 },
        encoding: {
          shape: {
            field: "agent",
            type: "nominal",
            legend: null,
            scale: { domain: agents, range: plot.curves.map(({ shape }) => shape) },
          },
        },
      },
      {
        // Wide enough to be pointed at, and not seen.
        data: { values: marked },
        mark: { type: "point", filled: true, size: 160, opacity: 0 },
      },
    ],
  };
};

export const drawPercentileCurves = drawer(specOf);
