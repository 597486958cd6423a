/** What agents see, tried: agent by technique, beside what their data sheets claim (docs/coverage.md). */
import * as z from "zod";
import { Claimed, Told } from "./claim.ts";
import { Unmeasured } from "./failure.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const MatrixCell = z
  .strictObject({
    agent: z.string(),
    technique: z.string(),
    times: Count.describe("Operations that were done."),
    right: Count.describe("Of these, those that the agent told of with the right process and object."),
    otherwise: Count.describe("Those that it told of with a wrong or a relative one of either."),
    told: z
      .enum([...Told.options, "sometimes"])
      .describe("Of all its operations; `sometimes`: of some, which is no coverage to rely on."),
    claimed: Claimed,
    claim: z.string().nullable().describe("What the data sheet says of it; null: nothing of its own."),
    holds: z
      .boolean()
      .nullable()
      .describe(
        "Whether the claim is right; null: it claims nothing certain, or the agent admits to have lost events meanwhile.",
      ),
    example: z.string().nullable().describe("The first report that was otherwise; null: none was."),
  })
  .meta({ id: "coverageCell", description: "What an agent told of a technique." });
export type MatrixCell = From<typeof MatrixCell>;

export const CoverageMatrix = z
  .strictObject({
    agents: z
      .array(z.string())
      .describe("Those under which techniques were tried, in the order of the plan."),
    techniques: z.array(z.string()).describe("In the order in which they are done."),
    cells: z.array(MatrixCell),
    skipped: z
      .array(
        z.strictObject({ technique: z.string(), agents: z.array(z.string()).min(1), reason: z.string() }),
      )
      .describe("Techniques that could not be tried, under which agents, and why."),
    untried: z
      .array(z.strictObject({ agent: z.string(), outcome: Unmeasured }))
      .describe("Agents under which nothing could be tried."),
    leftovers: z
      .array(z.strictObject({ agent: z.string(), what: z.array(z.string()).min(1) }))
      .describe("What was still on the node after an agent's turn; empty is what it should be."),
  })
  .meta({ id: "coverageMatrix", description: "What each agent sees, tried. No cost is divided by it." });
export type CoverageMatrix = From<typeof CoverageMatrix>;
