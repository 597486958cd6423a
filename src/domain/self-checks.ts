/** How far the instrument can be trusted in this run: it was given known answers, and itself. `trust` in `summary.json`. */
import * as z from "zod";
import { EventRange } from "./agent.ts";
import { Comparable, Condition, TrialCondition } from "./condition.ts";
import { BudgetMetric } from "./plan.ts";
import { CheckFailure, Interval, VerdictKind } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, MetricId, Unit } from "./units.ts";

/** Of a check that something is nothing. `open`: this run cannot tell. */
export const Equivalence = z.enum(["passed", "failed", "open"]).meta({
  id: "equivalence",
  description:
    "`passed`: the 90 % interval lies inside the margin. `failed`: the joint 95 % interval lies outside. `open`: neither.",
});
export type Equivalence = From<typeof Equivalence>;

const equivalence = {
  within: Interval.describe("The 90 % interval, which has to lie inside the margin."),
  margin: z
    .number()
    .min(0)
    .nullable()
    .describe("A third of the budget, in `unit`; null where there is none that it could be of."),
  state: Equivalence,
};

export const AaContrast = Comparable.extend({
  of: z
    .string()
    .describe(
      "What was compared with the baselines: `baseline` (second with first), or an agent that starts nothing.",
    ),
  metric: MetricId,
  unit: Unit,
  absolute: Interval.describe("With the 95 % interval that holds for all these comparisons together."),
  blocks: Count,
  ...equivalence,
});
export type AaContrast = From<typeof AaContrast>;

const AaCheck = z
  .strictObject({ contrasts: z.array(AaContrast) })
  .describe(
    "Comparisons of a thing with itself: the two baselines of each block, and an agent that starts nothing.",
  );
export type AaCheck = From<typeof AaCheck>;

export const CarryOver = Comparable.extend({
  after: z.string(),
  metric: MetricId,
  unit: Unit,
  difference: Interval.describe("With the 95 % interval that holds for all these comparisons together."),
  trials: Count,
  ...equivalence,
}).describe(
  "A baseline after an agent against a baseline after another baseline or the run's start: what an agent leaves in the node.",
);
export type CarryOver = From<typeof CarryOver>;

const CalibrationPoint = z.strictObject({
  agent: z.string(),
  injected: z.number().describe("ns/op that the agent says it burned."),
  recovered: Interval.describe("ns/op that the run found above baseline."),
  blocks: z.int().min(1),
});
export type CalibrationPoint = From<typeof CalibrationPoint>;

const Calibration = Comparable.extend({
  metric: z.literal("workload-cpu"),
  slope: z
    .strictObject({ ...Interval.shape, level: z.number().gt(0).lt(1) })
    .describe("Regression of recovered on injected cost; `level` is its confidence (0.9)."),
  intercept: Interval.describe("ns/op: what the hook costs without a dose."),
  points: z.array(CalibrationPoint),
  residual: z.number().min(0).nullable().describe("Standard deviation of the residuals, ns/op."),
  minimalDetectable: z
    .strictObject({ ns: z.number().min(0), percent: z.number().min(0).nullable() })
    .nullable()
    .describe("Smallest cost that this run would have found with 80 % power."),
  passed: z.boolean().nullable().describe("Null: this run cannot tell."),
}).describe("Known costs against what was recovered, for one operation under one load.");
export type Calibration = From<typeof Calibration>;

const agentAndLoad = TrialCondition.omit({ placement: true });

export const KnownLoss = agentAndLoad.extend({
  operations: Count,
  discarded: Count,
  missing: z.int().describe("Negative: more was delivered than was done."),
  declared: EventRange.nullable(),
  exact: z.boolean().describe("Every discarded event was found missing, and no other."),
});
export type KnownLoss = From<typeof KnownLoss>;

const KnownLevel = agentAndLoad.extend({
  metric: MetricId,
  unit: Unit,
  injected: z.number(),
  recovered: Interval,
  blocks: z.int().min(1),
});
export type KnownLevel = From<typeof KnownLevel>;

export const NoiseSign = z
  .strictObject({
    sign: z.enum(["steal", "cpu-pressure", "wall-over-cpu", "control-loop"]),
    trials: Count.describe(
      "Trials that it is asked of: CPU pressure of baselines alone, wall over CPU time of closed loops alone.",
    ),
    shown: Count,
    unread: Count.describe("Trials in which it could not be read: they are neither quiet nor noisy."),
  })
  .describe("How often one sign of a disturbance from outside was seen.");
export type NoiseSign = From<typeof NoiseSign>;

const SensitiveVerdict = Condition.extend({
  metric: BudgetMetric,
  verdict: VerdictKind.describe("With the trials that count."),
  otherwise: VerdictKind.describe("With the first attempts."),
});
export type SensitiveVerdict = From<typeof SensitiveVerdict>;

export const NoiseCheck = z.strictObject({
  redone: Count,
  trials: Count,
  sensitive: z
    .array(SensitiveVerdict)
    .describe(
      "Verdicts that change when the rejected attempts are counted instead; those verdicts are inconclusive.",
    ),
  contended: z
    .boolean()
    .describe(
      "True when tasks had to wait so much that wall-clock figures say more about the neighbours than about the agent.",
    ),
  signs: z.array(NoiseSign),
});

export const SelfChecks = z.strictObject({
  aa: AaCheck,
  carryOver: z.array(CarryOver),
  calibration: z.array(Calibration),
  knownLoss: z.array(KnownLoss),
  knownLevels: z.array(KnownLevel),
  noise: NoiseCheck,
  failures: z
    .array(CheckFailure)
    .describe("Reasons why no verdict of this run can be trusted; empty is what it should be."),
});
export type SelfChecks = From<typeof SelfChecks>;
