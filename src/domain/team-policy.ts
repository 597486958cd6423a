/** A policy that a team brings with `--policy`: measured as a whole and rule by rule, each an agent of its own. */
import * as z from "zod";
import { Interval } from "./reason.ts";
import { Condition } from "./condition.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const TeamPolicy = z
  .strictObject({
    of: z.string().describe("The agent whose policy it is, without a variant."),
    part: z
      .enum(["all", "rule", "none"])
      .describe(
        "`all`: all rules together. `rule`: one alone. `none`: the agent without any, where it runs so.",
      ),
    rule: z.string().nullable().describe("As its file names it; null where it is no single one."),
  })
  .meta({ id: "teamPolicy", description: "What of a team's own policy an agent of the run stands for." });
export type TeamPolicy = From<typeof TeamPolicy>;

export const PolicyRow = Condition.extend({
  ...TeamPolicy.shape,
  cost: Interval.nullable().describe(
    "Node CPU time of an operation above baseline, ns; null where it was not measured.",
  ),
  workloadCost: Interval.nullable().describe("Of that, what the workload itself paid."),
  agentCost: Interval.nullable().describe("Of that, what the agent's own processes took."),
  blocks: Count,
  events: z
    .strictObject({
      trials: Count.describe("In which they were counted."),
      written: Count.describe("In all of these."),
      perOperation: z.number().min(0).describe("Of the workload, median over the trials."),
    })
    .nullable()
    .describe(
      "Events in the agent's output, of whichever program, from before the window until the agent was at rest; null where no trial could count them.",
    ),
}).meta({ id: "policyRow" });
export type PolicyRow = From<typeof PolicyRow>;
