/** What an analysis says of how an agent's costs grow with the node (docs/scale.md). */
import * as z from "zod";
import { Condition } from "./condition.ts";
import { Interval } from "./reason.ts";
import { ScaleAxis } from "./scale.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

const figure = Interval.nullable();

export const Growth = z
  .strictObject({
    difference: Interval.describe(
      "The largest size less the smallest, by block, in the blocks that hold both; without ends under four.",
    ),
    known: z
      .boolean()
      .nullable()
      .describe(
        "Whether it differs from 0, at 95 % for all of the run together (Holm); null under four blocks.",
      ),
  })
  .meta({ id: "growth" });
export type Growth = From<typeof Growth>;

export const GrowthStep = z
  .strictObject({
    at: Count,
    cost: figure.describe("Node CPU time of a delivered event above the baseline at the same size, ns."),
    own: figure.describe(
      "Of an operation, in the caller above the baseline and in the agent, ns: what others do on the node meanwhile is not in it.",
    ),
    start: figure.describe(
      "CPU time of the agent from its start until it had shown a first event, ns; null where no cgroup tells it.",
    ),
    readyMs: z.number().nullable().describe("How long that took, median; null where it never started."),
    blocks: Count,
  })
  .meta({ id: "growthStep" });
export type GrowthStep = From<typeof GrowthStep>;

export const GrowthRow = Condition.extend({
  axis: ScaleAxis,
  steps: z.array(GrowthStep).min(1).describe("The smallest size first."),
  growth: z
    .strictObject({ cost: Growth.nullable(), own: Growth.nullable(), start: Growth.nullable() })
    .describe("Null where it was not read at both."),
}).meta({ id: "growthRow", description: "How an agent's costs grow with the node." });
export type GrowthRow = From<typeof GrowthRow>;
