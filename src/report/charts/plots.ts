/**
 * What the page's script must know of a plot to draw its axes anew when a reader hides an agent. The drawing itself stays where Vega put it: the
 * script moves marks by the same amount as the axis.
 */
import type { Spec, View } from "vega";
import { attribute } from "../page/markup.ts";

/** An axis that follows what is shown. */
export interface FollowingAxis {
  /** How many ticks are enough. */
  readonly ticks: number;
  /** Numbers, or nanoseconds with the unit that fits. */
  readonly text: "number" | "time";
  /** Whether zero stays on the axis. */
  readonly zero: boolean;
  /** How far the axis goes at the least, whatever is shown. */
  readonly reach?: number;
  /** No tick lies beyond it, such as 100 %. */
  readonly most?: number;
}

export interface Plot {
  readonly x?: FollowingAxis;
  readonly y?: FollowingAxis;
  /** Where y is one row an agent, from above: rows of hidden agents go, the others close up. Height in pixels. */
  readonly rows?: { readonly height: number; readonly agents: readonly string[] };
}

/**
 * Gives the parts of every axis a class by which the page finds them. Vega wants every name once, so each has a number beside the class;
 * `markPlots` takes it away again.
 */
export const nameAxes = (spec: Spec): void => {
  let names = 0;
  const visit = ({ axes = [], marks = [] }: Pick<Spec, "axes" | "marks">): void => {
    for (const axis of axes) {
      const name = (): string => `${axis.scale.endsWith("x") ? "x-axis" : "y-axis"} axis-${names++}`;
      const { labels, ticks, grid } = axis.encode ?? {};
      axis.encode = {
        ...axis.encode,
        labels: { ...labels, name: name() },
        ticks: { ...ticks, name: name() },
        grid: { ...grid, name: name() },
      };
    }
    for (const mark of marks) if (mark.type === "group") visit(mark);
  };
  visit(spec);
};

interface Scale {
  readonly type: string;
  readonly domain: () => readonly number[];
  readonly range: () => readonly number[];
}

const isScale = (scale: unknown): scale is Scale =>
  typeof scale === "function" && "domain" in scale && "range" in scale;

/** An axis with its scale as it was drawn: values `from` and `to` lie at the pixels `start` and `end`. */
const describe = (view: View, scale: string, axis: FollowingAxis | undefined) => {
  if (axis === undefined) return {};
  const found: unknown = view.scale(scale);
  if (!isScale(found)) throw new Error(`a chart has no scale "${scale}"`);
  const [from, to] = found.domain();
  const [start, end] = found.range();
  return { [scale.slice(-1)]: { ...axis, log: found.type === "log", from, to, start, end } };
};

/** Writes into each plot what its axes are; read by `page/rescale-script.ts`. */
export const markPlots = (svg: string, view: View, plots: readonly Plot[]): string => {
  const stacked = svg.includes("concat_0_group");
  const scaleOf = (axis: "x" | "y", index: number): string => (stacked ? `concat_${index}_${axis}` : axis);
  return plots
    .reduce((text, plot, index) => {
      const at = stacked ? `role-scope concat_${index}_group` : "role-frame root";
      const described = {
        ...describe(view, scaleOf("x", index), plot.x),
        ...describe(view, scaleOf("y", index), plot.y),
        ...(plot.rows === undefined ? {} : { rows: plot.rows }),
      };
      const told = `data-plot="${attribute(JSON.stringify(described))}"`;
      return text.replace(`${at}"`, () => `${at}" ${told}`);
    }, svg)
    .replaceAll(/( [xy]-axis) axis-\d+"/g, '$1"');
};
