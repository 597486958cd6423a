/** A service beside a storm: what an analysis says of it (docs/neighbour.md). */
import * as z from "zod";
import { Setting } from "./beside.ts";
import { Unmeasured } from "./failure.ts";
import { Interval } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, Figure, Share } from "./units.ts";

export const MEASURES = ["p50", "p99", "p999", "throughput"] as const;
export const Measure = z
  .enum(MEASURES)
  .describe("Percentiles of the response time, from the due time; requests answered a second.");
export type Measure = From<typeof Measure>;

const Levels = z
  .strictObject({ baseline: z.number().nullable(), agent: z.number().nullable() })
  .describe(
    "Over all requests of all blocks: nanoseconds, or requests a second. Null where there are too few for it.",
  );

const ratio = Interval.nullable();

/** Of a percentile far out: so many in every trial, and so many blocks (docs/neighbour.md says where they come from). */
export const MIN_TAIL_REQUESTS = 5000;
export const MIN_TAIL_BLOCKS = 12;

const Doubt = z
  .enum(["not-measured", "few-requests", "few-blocks"])
  .describe("`not-measured`: no block holds all four sides. The others: too few for this measure.");
export type Doubt = From<typeof Doubt>;

export const NeighbourContrast = z
  .strictObject({
    measure: Measure,
    alone: Levels,
    beside: Levels,
    costAlone: ratio.describe(
      "With the agent over without it, the service alone. Null where it cannot be told.",
    ),
    costBeside: ratio.describe("The same beside the storm."),
    interaction: ratio.describe(
      "`costBeside` over `costAlone`: by how much more the storm hurts the service with the agent than without. What the storm does by itself is in neither.",
    ),
    blocks: Count.describe("Blocks that hold all four sides."),
    known: z
      .boolean()
      .nullable()
      .describe(
        "The interaction is no accident at 95 %, jointly over all of the run (Holm). Null: too few blocks.",
      ),
    doubt: Doubt.nullable().describe("Why there is no interval; null where there is one."),
  })
  .meta({ id: "neighbourContrast" });
export type NeighbourContrast = From<typeof NeighbourContrast>;

const Side = z.strictObject({
  agentCores: z
    .number()
    .nullable()
    .describe("CPUs that the agent took in the window; median over the trials."),
  lost: Share.nullable().describe("Of the service's own events; null where none were counted."),
});

export const NeighbourAgent = z
  .strictObject({
    agent: z.string(),
    contrasts: z.array(NeighbourContrast),
    alone: Side,
    beside: Side,
    unmeasured: z.array(Unmeasured),
  })
  .meta({ id: "neighbourAgent" });
export type NeighbourAgent = From<typeof NeighbourAgent>;

export const Neighbour = z
  .strictObject({
    scenario: z.string(),
    setting: Setting,
    requestsPerSecond: Figure.describe("Offered."),
    storm: z.strictObject({
      scenario: z.string(),
      processes: Count.nullable(),
      askedPerSecond: Figure.nullable().describe("Operations a second, of all of them; null where none ran."),
      startsPerSecond: z
        .number()
        .nullable()
        .describe(
          "Processes started on the node, a second, without an agent; median. Null where it is not told.",
        ),
    }),
    stormAlone: z
      .array(z.strictObject({ measure: Measure, ratio: Interval }))
      .describe("What the storm does to the service without any agent: beside it over alone."),
    agents: z.array(NeighbourAgent),
    comparisons: Count.describe("Interactions of the whole run that were tested together."),
  })
  .meta({ id: "neighbour", description: "A service beside a storm, in one setting." });
export type Neighbour = From<typeof Neighbour>;
