/** Which of two sensors costs less, by blocks that hold both. */
import * as z from "zod";
import { Comparable } from "./condition.ts";
import { Interval } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, MetricId, Unit } from "./units.ts";

/** In the order of the plan, closed loads first; every two sensors of a condition once. */
export const AgentPair = Comparable.extend({
  metric: MetricId,
  unit: Unit,
  cheaper: z.string().describe("The agent whose estimate is lower; nothing is claimed of it unless `known`."),
  dearer: z.string(),
  difference: Interval.describe(
    "Cost of `dearer` minus cost of `cheaper`, in `unit`. Its interval is that of this pair alone.",
  ),
  blocks: z.int().min(1).describe("Blocks that hold both agents and the baselines."),
  known: z
    .boolean()
    .nullable()
    .describe(
      "The difference is above zero at 95 %, jointly over all pairs of the condition (Holm). Null: too few blocks.",
    ),
  comparisons: Count.describe("Pairs of the condition that have an interval."),
}).meta({ id: "agentPair" });
export type AgentPair = From<typeof AgentPair>;
