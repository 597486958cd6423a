/** Several records beside each other: what differs between them, and what may be said of the difference. */
import * as z from "zod";
import { Figure, TrialCondition } from "./condition.ts";
import { Answer } from "./decision.ts";
import type { Fleet } from "./fleet.ts";
import { CheckFailure } from "./reason.ts";
import type { RunView } from "./run-view.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";
import { Estimate, Interval, LedgerRow, type Verdict } from "./verdict.ts";

export interface Side {
  readonly label: string;
  readonly view: RunView;
}

export const Difference = z.strictObject({
  key: z.string(),
  agent: z
    .string()
    .exactOptional()
    .describe("Whose version or setting it is; absent: of the node or the run."),
  values: z
    .array(z.string().nullable())
    .describe("In the order of the sides; null where a side does not have it."),
});
export type Difference = From<typeof Difference>;

export const ApartFigures = z
  .strictObject({ kind: z.literal("load"), scenario: z.string(), load: z.string() })
  .describe("Loads of one name and another shape.");
export type ApartFigures = From<typeof ApartFigures>;

/** Where figures are not put beside each other although they bear the same name. */
export const KeptApart = Difference.extend({ what: ApartFigures });
export type KeptApart = From<typeof KeptApart>;

export const ComparedFigure = Figure.extend({
  figures: z
    .array(Estimate.nullable())
    .describe("In the order of the sides; null where a side has no such figure."),
});
export type ComparedFigure = From<typeof ComparedFigure>;

export const ComparedLoss = TrialCondition.extend({ rows: z.array(LedgerRow.nullable()) });
export type ComparedLoss = From<typeof ComparedLoss>;

export const Unread = z
  .strictObject({ path: z.string().describe("Its folder's or file's name."), why: z.string() })
  .describe("A record that could not be read, and is in no figure.");
export type Unread = From<typeof Unread>;

/** `tare report A B ...`. */
export interface Comparison {
  readonly schema: 1;
  readonly sides: readonly Side[];
  readonly unread: readonly Unread[];
  readonly varies: readonly Difference[];
  readonly keptApart: readonly KeptApart[];
  readonly figures: readonly ComparedFigure[];
  readonly losses: readonly ComparedLoss[];
  readonly fleet: Fleet;
}

export const Outcome = z.enum(["worse", "better", "same", "open"]).meta({
  id: "outcome",
  description:
    "`worse` and `better`: beyond noise and tolerance. `same`: any change is smaller than the tolerance. `open`: cannot tell.",
});
export type Outcome = From<typeof Outcome>;

const record = z.enum(["old", "new"]);

export const Obstacle = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("emulated"), record }),
    z
      .strictObject({ kind: z.literal("methods"), old: z.string(), new: z.string() })
      .describe("The records were made by different methods."),
    z.strictObject({ kind: z.literal("instrument-failed"), record, failure: CheckFailure }),
    z
      .strictObject({ kind: z.literal("sheds"), record, agent: z.string() })
      .describe("What it lost beyond its loss budget cost nothing."),
    z.strictObject({ kind: z.literal("crashed"), record, agent: z.string() }),
    z
      .strictObject({ kind: z.literal("unbalanced"), record, agent: z.string() })
      .describe("Of a loss: the row of the ledger does not balance."),
  ])
  .meta({ id: "obstacle" });
export type Obstacle = From<typeof Obstacle>;

export const OpenReason = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("too-few-blocks"), old: Count, new: Count }),
  z.strictObject({ kind: z.literal("obstacle"), obstacle: Obstacle }),
  z
    .strictObject({ kind: z.literal("undecided") })
    .describe("The interval holds both no change and more than the tolerance."),
]);
export type OpenReason = From<typeof OpenReason>;

export const Change = Figure.extend({
  old: Estimate,
  new: Estimate,
  difference: Interval.describe(
    "New minus old in `unit`, with the 95 % interval that this difference has by itself.",
  ),
  percent: Interval.nullable().describe(
    "The difference in percent of what the operation takes without an agent (paired), or of the old level; null where that is not positive.",
  ),
  outcome: Outcome.nullable().describe("Null: shown, but not among the figures that are judged."),
  reason: OpenReason.nullable().describe("Why it is open; null where it is not."),
});
export type Change = From<typeof Change>;

const signedShare = z.number().min(-1).max(1);

export const LossChange = TrialCondition.extend({
  old: LedgerRow,
  new: LedgerRow,
  difference: z
    .strictObject({ value: signedShare, low: signedShare, high: signedShare })
    .describe(
      "New minus old share of the operations, with its 95 % interval: the wider of Newcombe's and of Welch's over blocks.",
    ),
  outcome: Outcome,
  reason: OpenReason.nullable().describe("Why it is open; null where it is not."),
});
export type LossChange = From<typeof LossChange>;

export const AnswerChange = z
  .strictObject({ agent: z.string(), old: Answer.nullable(), new: Answer.nullable() })
  .describe("An agent with another answer than before; null where a record does not have it.");
export type AnswerChange = From<typeof AnswerChange>;

export interface VerdictChange {
  readonly old: Verdict | null;
  readonly new: Verdict | null;
}

/** `tare diff OLD NEW`. */
export interface RecordDiff {
  readonly schema: 1;
  readonly old: Side;
  readonly new: Side;
  readonly varies: readonly Difference[];
  readonly keptApart: readonly KeptApart[];
  /** Changes smaller than this many percent are `same`. */
  readonly tolerancePercent: number;
  /** Comparisons that are judged together: what is called worse or better holds for all of them at 95 %. */
  readonly judged: number;
  readonly answers: readonly AnswerChange[];
  readonly changes: readonly Change[];
  readonly losses: readonly LossChange[];
  readonly verdicts: readonly VerdictChange[];
  readonly obstacles: readonly Obstacle[];
}
