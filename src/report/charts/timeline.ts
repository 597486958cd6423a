/** The run from its start to its end, a mark a trial, several readings above each other over one time axis. */
import type { TopLevelSpec } from "vega-lite";
import type { Shape } from "./palette.ts";
import { asIs, drawer, type Frame } from "./render.ts";
import { TIP, type Tips } from "./tips.ts";

export interface TimelinePoint {
  readonly minutes: number;
  readonly value: number;
  readonly agent: string;
  readonly colour: string;
  readonly shape: Shape;
  readonly tip: string;
}

export interface TimelinePanel {
  readonly axis: string;
  readonly points: readonly TimelinePoint[];
}

export interface Timeline extends Frame {
  readonly panels: readonly TimelinePanel[];
}

const WIDTH = 700;
const HEIGHT = 90;
/** Room for the labels at the left, the same for all panels, so that their time axes lie above each other. */
const LABELS = 44;
const TICKS = 4;

const specOf = (timeline: Timeline, tips: Tips): TopLevelSpec => {
  const last = Math.max(0, ...timeline.panels.flatMap(({ points }) => points.map(({ minutes }) => minutes)));
  return {
    vconcat: timeline.panels.map((panel, index) => ({
      width: WIDTH,
      height: HEIGHT,
      data: {
        values: panel.points.map(({ agent, tip, ...point }) => ({ ...point, tip: tips.add(agent, tip) })),
      },
      mark: { type: "point", filled: true, size: 26, opacity: 0.85 },
      encoding: {
        x: {
          field: "minutes",
          type: "quantitative",
          scale: { domain: [0, last], nice: false },
          axis: {
            title: index === timeline.panels.length - 1 ? "minutes since the start of the run" : null,
            tickCount: 8,
          },
        },
        y: {
          field: "value",
          type: "quantitative",
          title: panel.axis,
          axis: { tickCount: TICKS, grid: true, minExtent: LABELS },
          scale: { zero: true },
        },
        color: asIs("colour"),
        shape: asIs("shape"),
        description: TIP,
      },
    })),
    spacing: 14,
  };
};

export const drawTimeline = drawer(specOf);
