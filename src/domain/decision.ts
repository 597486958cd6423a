/** May an agent be rolled out? One answer an agent with what it rests on: the first screen of every report. */
import * as z from "zod";
import { EventRange } from "./agent.ts";
import { Comparable, TrialCondition } from "./condition.ts";
import { Unmeasured } from "./failure.ts";
import { BudgetLimit, BudgetMetric } from "./plan.ts";
import { CheckFailure, Interval, Reason, VerdictKind } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, MetricId, Share, Unit } from "./units.ts";
import { CoverageGap } from "./verdict.ts";

export const Answer = z.enum(["within", "not-known", "over"]).meta({
  id: "answer",
  description: "In the order in which agents are listed.",
});
export type Answer = From<typeof Answer>;

/** A budget check of one agent, and what became of it. */
const NamedCheck = Comparable.extend({
  metric: BudgetMetric,
  budget: BudgetLimit,
  reason: Reason,
});
export type NamedCheck = From<typeof NamedCheck>;

const checks = z.array(NamedCheck).min(1);

export const Why = z
  .discriminatedUnion("kind", [
    // over
    z.strictObject({ kind: z.literal("over"), checks }).describe("Costs above their budgets."),
    z
      .strictObject({ kind: z.literal("sheds"), checks })
      .describe("It loses more than its loss budget, so no cost of it is that of the work."),
    // not known
    z.strictObject({ kind: z.literal("emulated") }),
    z.strictObject({ kind: z.literal("instrument-failed"), failures: z.array(CheckFailure) }),
    z
      .strictObject({
        kind: z.literal("crashed"),
        turns: Count.describe("Turns in which it crashed."),
        ofTurns: Count,
        first: Unmeasured.nullable(),
      })
      .describe("Its processes ended by themselves."),
    z
      .strictObject({ kind: z.literal("unmeasured"), first: Unmeasured.nullable() })
      .describe("No figure of it was taken; null where the run ended before its turn."),
    z.strictObject({ kind: z.literal("no-budget") }),
    z.strictObject({
      kind: z.literal("undecided"),
      checks,
      of: Count.describe("Checks of the agent in all."),
      blocks: Count.nullable().describe(
        "Blocks in all that would decide those that blocks can decide; null where none can.",
      ),
    }),
    z
      .strictObject({ kind: z.literal("unjudged"), checks })
      .describe(
        "Checks that cannot be judged whatever the number of blocks; their reasons say what is amiss.",
      ),
    // within
    z.strictObject({ kind: z.literal("within"), of: Count.describe("Checks, all of them within.") }),
  ])
  .meta({ id: "why" });
export type Why = From<typeof Why>;

/** What one operation costs against its budget. */
export const DecidingCost = Comparable.extend({
  metric: MetricId,
  unit: Unit,
  budget: BudgetLimit,
  kind: VerdictKind,
  cost: Interval.nullable().describe(
    "Above baseline, in `unit`; null where it was not measured, or no figure of time of the run holds.",
  ),
  ratio: Interval.nullable(),
  blocks: Count,
  share: Interval.nullable().describe("Of the budget that the cost takes: 1 is all of it."),
});
export type DecidingCost = From<typeof DecidingCost>;

const Lost = z
  .strictObject({
    worst: TrialCondition.omit({ agent: true }).extend({
      operations: Count,
      lossRate: z.strictObject({ value: Share, low: Share, high: Share }),
      silent: EventRange.nullable().describe("Of the missing events; null: it cannot be told."),
    }),
    rows: Count.describe("Scenarios and loads under which its events were counted."),
  })
  .describe("Where it lost the largest share of its events.");
export type Lost = From<typeof Lost>;

const mebibytes = z.number().min(0).nullable();

const Memory = z
  .strictObject({
    heldMiB: mebibytes.describe(
      "Its processes and what of its BPF maps they have not mapped; null where that is not told.",
    ),
    pssMiB: mebibytes,
    peakMiB: mebibytes,
  })
  .describe("The largest over scenarios and loads.");

export const Decision = z
  .strictObject({
    agent: z.string(),
    answer: Answer,
    why: z.array(Why).min(1).describe("What decides comes first."),
    costs: z.array(DecidingCost).describe("One for each operation that carries a budget on cost."),
    budgetUsed: z
      .number()
      .nullable()
      .describe("The largest share of a budget that a cost takes; agents of one answer are sorted by it."),
    lost: Lost.nullable().describe(
      "Null where no event of it was counted, or the CPU was emulated: nothing is known then.",
    ),
    memory: Memory,
    blind: z.array(CoverageGap),
    sawEverything: z.boolean().describe("No scenario that it does not see, and no loss beyond its budget."),
  })
  .meta({ id: "decision" });
export type Decision = From<typeof Decision>;

const AgentDifference = Comparable.extend({
  unit: Unit,
  difference: Interval.describe("The other agent minus the cheapest, in `unit`."),
  known: z
    .boolean()
    .nullable()
    .describe("The difference is not zero, jointly over all pairs of the condition. Null: too few blocks."),
});
export type AgentDifference = From<typeof AgentDifference>;

/** The cheapest agent that saw everything, and how well that is known. */
export const Cheapest = z
  .strictObject({
    agent: z.string(),
    answer: Answer,
    tied: z
      .array(z.string())
      .describe("Others that saw everything, of which no cost is known to differ from its own."),
    next: z
      .strictObject({ agent: z.string(), differences: z.array(AgentDifference) })
      .nullable()
      .describe(
        "The cheapest other one that saw everything and is not tied, and what each operation differs by.",
      ),
  })
  .meta({ id: "cheapest" });
export type Cheapest = From<typeof Cheapest>;

export const Decisions = z.strictObject({
  agents: z.array(Decision).describe("Within first, then not known, then over; the cheapest of each first."),
  cheapest: Cheapest.nullable().describe("Null where no agent saw everything, or no cost holds."),
});
export type Decisions = From<typeof Decisions>;
