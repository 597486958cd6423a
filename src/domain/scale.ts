/** A node of several sizes, at which each agent is started and measured (docs/scale.md). */
import * as z from "zod";
import { MAX_CROWD_FILES, MAX_CROWD_PROCESSES } from "./bounds.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const ScaleAxis = z.enum(["processes", "files", "cpus"]).meta({
  id: "scaleAxis",
  description:
    "What there is more and more of. Beside what is on the node anyway, `processes`: others that sleep; `files`: those that others hold open. Of what the node has, `cpus`: those that agent and workload may use.",
});
export type ScaleAxis = From<typeof ScaleAxis>;

export const ScalePoint = z
  .object({ axis: ScaleAxis, at: Count.describe("How many of them.") })
  .meta({ id: "scalePoint", description: "How large the node was made for a turn." });
export type ScalePoint = From<typeof ScalePoint>;

/** Of a row: what an agent costs more for each so many. */
export const GROWTH_PER: Readonly<Record<ScaleAxis, number>> = { processes: 1000, files: 1000, cpus: 1 };

const POINTS: Readonly<Record<ScaleAxis, readonly number[]>> = {
  processes: [0, MAX_CROWD_PROCESSES / 4, MAX_CROWD_PROCESSES],
  files: [0, MAX_CROWD_FILES / 10, MAX_CROWD_FILES],
  cpus: [1, 2, 4, 8],
};

/** `cpus`: how many the node has. */
export const pointsOf = (axis: ScaleAxis, cpus: number): readonly ScalePoint[] =>
  POINTS[axis].filter((at) => axis !== "cpus" || at <= cpus).map((at) => ({ axis, at }));
