/** One estimate against one budget. The order of the rules is told in `judge.ts`. */
import type { Budget } from "../domain/plan.ts";
import type { JudgedCost } from "../domain/reason.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { type Ruling, invalid } from "../domain/verdict.ts";
import { type Assessment, FAMILY_ALPHA } from "./estimate.ts";
import { MIN_BLOCKS } from "./interval.ts";
import { blocksFor } from "./power.ts";
import type { Sample } from "./sample.ts";

/** The equivalence margin as a share of the budget: a cost that could fill a third of the budget is not nothing. */
const MARGIN = 1 / 3;
const UPPER_ALPHA = 0.05;

interface Question {
  readonly limit: number;
  readonly upper: number;
  readonly familyLower: number;
  readonly interval90: readonly [low: number, high: number];
  /** Around no cost; undefined for a level, which has no "no cost" to be equivalent to. */
  readonly margin: { readonly low: number; readonly none: number; readonly high: number } | undefined;
  /** The sample behind it and its budget, on the scale on which it was averaged. */
  readonly sample: Sample;
  readonly sampleLimit: number;
}

export const judgeCost = (assessment: Assessment, metric: MetricId, limit: Budget["limit"]): Ruling => {
  const { estimate } = assessment;
  if (limit.kind === "percent" && METRICS[metric].kind === "level") return invalid({ kind: "no-baseline" });
  if (limit.kind === "percent" && estimate.ratio === null) return invalid({ kind: "no-ratio" });
  const { absolute, ratio, blocks } = estimate;
  const cost: JudgedCost = { absolute, ratio, blocks };
  if (blocks < 2) return invalid({ kind: "one-block", cost });
  if (blocks < MIN_BLOCKS) {
    return {
      kind: "inconclusive",
      reason: { kind: "exploratory", cost, blocksNeeded: MIN_BLOCKS },
      blocksNeeded: MIN_BLOCKS,
    };
  }
  const question = questionOf(assessment, metric, limit);
  return question === undefined
    ? invalid({ kind: "no-bounds", cost })
    : decide(question, cost, assessment.familySize);
};

const decide = (question: Question, cost: JudgedCost, familySize: number): Ruling => {
  const { limit, upper, familyLower: lower, interval90, margin } = question;
  if (lower > limit) {
    return {
      kind: "over",
      reason: { kind: "lower-bound-over", cost, lower, comparisons: familySize },
      blocksNeeded: null,
    };
  }
  const [low, high] = interval90;
  if (
    margin !== undefined &&
    low <= margin.none &&
    high >= margin.none &&
    low > margin.low &&
    high < margin.high
  ) {
    return {
      kind: "no-detectable-cost",
      reason: { kind: "equivalent", cost, low, high },
      blocksNeeded: null,
    };
  }
  if (upper <= limit) {
    return { kind: "within", reason: { kind: "upper-bound-within", cost, upper }, blocksNeeded: null };
  }
  const needed = blocksNeeded(question, familySize, cost.blocks);
  return {
    kind: "inconclusive",
    reason: { kind: "bounds-straddle", cost, lower, upper, blocksNeeded: needed },
    blocksNeeded: needed,
  };
};

/** At least one block more than there are, since these have not decided it. */
const blocksNeeded = (question: Question, familySize: number, blocks: number): number | null => {
  const { sample, sampleLimit } = question;
  const above = sample.mean > sampleLimit;
  const alpha = above ? FAMILY_ALPHA / Math.max(1, familySize) : UPPER_ALPHA;
  const needed = blocksFor(sample.deviation, Math.abs(sampleLimit - sample.mean), alpha);
  return needed === null ? null : Math.max(needed, blocks + 1);
};

const questionOf = (
  assessment: Assessment,
  metric: MetricId,
  limit: Budget["limit"],
): Question | undefined => {
  const { estimate, absolute, logRatio } = assessment;
  const { bounds } = estimate;
  if (bounds === null) return undefined;
  const paired = METRICS[metric].kind === "paired";
  switch (limit.kind) {
    case "absolute": {
      if (absolute === null) return undefined;
      const margin = limit.value * MARGIN;
      return {
        limit: limit.value,
        upper: bounds.absoluteUpper95,
        familyLower: bounds.absoluteLowerFamilyWise,
        interval90: bounds.absolute90,
        margin: paired ? { low: -margin, none: 0, high: margin } : undefined,
        sample: absolute,
        sampleLimit: limit.value,
      };
    }
    case "percent": {
      const { ratioUpper95, ratioLowerFamilyWise, ratio90 } = bounds;
      if (logRatio === null || ratioUpper95 === null || ratioLowerFamilyWise === null || ratio90 === null) {
        return undefined;
      }
      const ratioLimit = 1 + limit.percent / 100;
      const margin = 1 + (limit.percent / 100) * MARGIN;
      return {
        limit: ratioLimit,
        upper: ratioUpper95,
        familyLower: ratioLowerFamilyWise,
        interval90: ratio90,
        margin: { low: 1 / margin, none: 1, high: margin },
        sample: logRatio,
        sampleLimit: Math.log(ratioLimit),
      };
    }
  }
};
