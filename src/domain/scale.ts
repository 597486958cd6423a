/** A node of several sizes: at which each agent is started and measured (docs/scale.md). */
import * as z from "zod";
import { MAX_CROWD_FILES, MAX_CROWD_PROCESSES } from "./bounds.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const ScaleAxis = z.enum(["processes", "files"]).meta({
  id: "scaleAxis",
  description:
    "What there is more and more of, beside what is on the node anyway. `processes`: others that sleep. `files`: those that others hold open.",
});
export type ScaleAxis = From<typeof ScaleAxis>;

export const ScalePoint = z
  .object({ axis: ScaleAxis, at: Count.describe("How many of them.") })
  .meta({ id: "scalePoint", description: "How large the node was made for a turn." });
export type ScalePoint = From<typeof ScalePoint>;

/** Of a row: what an agent costs more for each so many. */
export const GROWTH_PER = 1000;

const POINTS: Readonly<Record<ScaleAxis, readonly number[]>> = {
  processes: [0, MAX_CROWD_PROCESSES / 4, MAX_CROWD_PROCESSES],
  files: [0, MAX_CROWD_FILES / 10, MAX_CROWD_FILES],
};

export const pointsOf = (axis: ScaleAxis): readonly ScalePoint[] => POINTS[axis].map((at) => ({ axis, at }));
