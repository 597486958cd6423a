/** What `tare report A B ... --print json` and `tare diff OLD NEW --json` write. */
import * as z from "zod";
import {
  AnswerChange,
  ApartFigures,
  Change,
  ComparedFigure,
  ComparedLoss,
  Difference,
  LossChange,
  Obstacle,
  Unread,
} from "../domain/comparison.ts";
import { Fleet, FleetAnswer, FleetNode } from "../domain/fleet.ts";
import type { From } from "../domain/schema.ts";
import { Count } from "../domain/units.ts";
import { Interval } from "../domain/verdict.ts";
import { EstimateJson, LedgerRowJson, SummaryJson, VerdictJson } from "./summary-json.ts";

const SideJson = z.strictObject({
  label: z.string().describe('Unique in the comparison, made of what differs: "aarch64", "6.12.9, node2".'),
  summary: SummaryJson.meta({ id: "summary" }),
});
export type SideJson = From<typeof SideJson>;

const varies = z.array(Difference).describe("What is not the same for all sides.");

const KeptApartJson = Difference.extend({ what: z.string(), whatFacts: ApartFigures }).meta({
  id: "keptApart",
  description: "Where figures are not put beside each other although they bear the same name.",
});
export type KeptApartJson = From<typeof KeptApartJson>;

const amount = Interval.nullable().describe("Null where nothing of it was measured.");

export const FleetCostJson = z
  .strictObject({
    agent: z.string(),
    stratum: Count.describe("A position in `strata`."),
    nodes: Count.describe("For so many nodes of the kind, at the rates of `costInputs`."),
    cores: amount,
    coreHoursAYear: amount,
    memoryGib: z.number().nullable(),
    gigabytesADay: z.number().nullable(),
    leftOut: z.array(z.string()).describe("What happens on such a node and is not in these figures."),
  })
  .meta({ id: "fleetCost" });
export type FleetCostJson = From<typeof FleetCostJson>;

const FleetJson = Fleet.extend({
  nodes: z.array(FleetNode.extend({ why: z.string().nullable().describe("`aside` in words.") })),
  answers: z.array(FleetAnswer.extend({ words: z.array(z.string()).describe("`why` in words.") })),
  costInputs: z
    .array(z.strictObject({ operation: z.string(), perSecond: z.number().min(0) }))
    .describe("What `costs` take a node to do; 0: it is not counted."),
  costs: z.array(FleetCostJson).describe("What an agent takes of a fleet of such nodes."),
});
export type FleetJson = From<typeof FleetJson>;

export const ComparisonJson = z.strictObject({
  schema: z.literal(1),
  sides: z.array(SideJson).min(1),
  unread: z.array(Unread).describe("Records that were named and could not be read."),
  varies,
  keptApart: z.array(KeptApartJson),
  figures: z.array(
    ComparedFigure.extend({
      figures: z
        .array(EstimateJson.nullable())
        .describe("In the order of the sides; null where a side has no such figure."),
    }),
  ),
  losses: z.array(ComparedLoss.extend({ rows: z.array(LedgerRowJson.nullable()) })),
  fleet: FleetJson.describe("The records as a sample of a fleet: here the node is the replicate."),
});
export type ComparisonJson = From<typeof ComparisonJson>;

export const DiffJson = z.strictObject({
  schema: z.literal(1),
  old: SideJson,
  new: SideJson,
  varies,
  keptApart: z.array(KeptApartJson),
  tolerancePercent: z.number().min(0).describe("Changes smaller than this many percent are `same`."),
  judged: Count.describe(
    "Comparisons that are judged together: what is called worse or better holds for all of them at 95 %.",
  ),
  answers: z.array(AnswerChange),
  changes: z.array(
    Change.extend({
      old: EstimateJson,
      new: EstimateJson,
      why: z.string().nullable().describe("`reason` in words."),
    }),
  ),
  losses: z.array(
    LossChange.extend({
      old: LedgerRowJson,
      new: LedgerRowJson,
      why: z.string().nullable().describe("`reason` in words."),
    }),
  ),
  verdicts: z
    .array(z.strictObject({ old: VerdictJson.nullable(), new: VerdictJson.nullable() }))
    .describe("Budget checks whose verdict is another one now; null where there was or is none."),
  obstacles: z
    .array(z.string())
    .describe("Why nothing can be said of costs at all; empty is what it should be."),
  obstacleFacts: z.array(Obstacle),
});
export type DiffJson = From<typeof DiffJson>;
