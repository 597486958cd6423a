/** What other users of the workload's core did to its pace, and whether the figures are without it. */
import * as z from "zod";
import { Comparable } from "./condition.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

const Percent = z.number().min(0);

export const Pace = Comparable.extend({
  state: z
    .enum(["removed", "no-effect", "shared-core", "differs"])
    .describe(
      "`removed`: CPU times are as they would have been at the run's mean pace. `no-effect`: they do not depend on it. " +
        "`shared-core`: the workload's core has other CPUs of this node, or may have, so that an agent could slow it itself. " +
        "`differs`: it was slower or faster under an agent than without, so that it may be the agent's doing.",
    ),
  slowdown: z
    .strictObject({ mean: Percent, most: Percent })
    .describe(
      "Of the pace loop against its fastest batch in the run, percent; mean and most over the batches.",
    ),
  spread: z
    .strictObject({ before: Percent, after: Percent })
    .nullable()
    .describe(
      "Standard deviation of an operation's workload CPU time between trials of one agent, percent of its mean, before and after; null where nothing was removed.",
    ),
  batches: Count.describe("Of agents that do not interrupt the workload, the baseline among them."),
  interrupted: z
    .array(z.string())
    .describe(
      "Agents whose work interrupts the workload and the loop: their CPU times are as they were read.",
    ),
}).meta({ id: "pace" });
export type Pace = From<typeof Pace>;
