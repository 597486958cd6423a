/** What the spread of a cost consists of: processes of one turn, turns of one block, blocks. */
import * as z from "zod";
import { Comparable } from "./condition.ts";
import { Interval } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, MetricId } from "./units.ts";

const Component = z.strictObject({
  sd: Interval.describe("Standard deviation in percent of the mean, with its 95 % interval."),
  n: Count.describe("Degrees of freedom that it rests on."),
});

export const VarianceComponents = Comparable.extend({
  of: z.enum(["baseline", "sensors"]),
  metric: MetricId,
  processes: Component.nullable().describe(
    "Between processes of one turn; null where the turns had one process each, whose spread is in `turns` then.",
  ),
  turns: Component.nullable().describe(
    "Between turns of one block, beyond what its processes explain; null under 2 blocks.",
  ),
  blocks: Component.nullable().describe("Between blocks, beyond both; null under 2 blocks."),
  secondsPerProcess: z
    .number()
    .nullable()
    .describe("What one more process in a turn takes; null as `processes`."),
  secondsPerTurn: z
    .number()
    .nullable()
    .describe("What one more turn takes beyond its processes: its share of start, drain, stop and waiting."),
  processesPerTurn: z.number().describe("As the run had them."),
  bestProcessesPerTurn: z
    .int()
    .min(1)
    .nullable()
    .describe(
      "By Kalibera and Jones (2013): sqrt(seconds a turn / seconds a process * variance of processes / of turns). Null where it cannot be told, or where no variance between turns was found: then as many as a turn has time for.",
    ),
}).meta({ id: "varianceComponents" });
export type VarianceComponents = From<typeof VarianceComponents>;
