/** One estimate against one budget. The order of the rules is told in `judge.ts`. */
import type { Budget } from "../domain/plan.ts";
import { METRICS } from "../domain/units.ts";
import type { MetricId } from "../domain/units.ts";
import type { Estimate } from "../domain/verdict.ts";
import type { Assessment } from "./estimate.ts";
import { FAMILY_ALPHA } from "./estimate.ts";
import { MIN_BLOCKS } from "./interval.ts";
import type { Ruling } from "./ruling.ts";
import { invalid } from "./ruling.ts";
import { blocksFor } from "./power.ts";
import type { Sample } from "./sample.ts";
import { amount, cost, counted, figure, percentCost } from "./say.ts";

/** The equivalence margin as a share of the budget: a cost that could fill a third of the budget is not nothing. */
const MARGIN = 1 / 3;
const UPPER_ALPHA = 0.05;

/** An estimate on the scale of its budget. */
interface Question {
  readonly limit: number;
  readonly upper: number;
  readonly familyLower: number;
  readonly interval90: readonly [low: number, high: number];
  /** Around no cost; undefined for a level, which has no "no cost" to be equivalent to. */
  readonly margin: { readonly low: number; readonly none: number; readonly high: number } | undefined;
  readonly say: (one: number) => string;
  /** The sample behind it and its budget, on the scale on which it was averaged. */
  readonly sample: Sample;
  readonly sampleLimit: number;
}

export const judgeCost = (assessment: Assessment, metric: MetricId, limit: Budget["limit"]): Ruling => {
  const { estimate } = assessment;
  const against = `against at most ${limitText(estimate, limit)}`;
  if (limit.kind === "percent" && METRICS[metric].kind === "level") {
    return invalid(`${METRICS[metric].title} has no baseline that ${limit.percent} % could be of`);
  }
  if (limit.kind === "percent" && estimate.ratio === null) {
    return invalid("a value is not positive, so there is no ratio to judge in percent");
  }
  const figures = `${figuresOf(estimate, limit)} ${against}`;
  if (estimate.blocks < 2) return invalid(`${figures}: one block cannot tell a cost from chance`);
  if (estimate.blocks < MIN_BLOCKS) {
    return {
      kind: "inconclusive",
      why: `${figures}: exploratory, a verdict needs ${MIN_BLOCKS} blocks`,
      blocksNeeded: MIN_BLOCKS,
    };
  }
  const question = questionOf(assessment, metric, limit);
  if (question === undefined) return invalid(`${figures}: the estimate has no bounds`);
  return decide(question, figures, assessment.familySize, estimate.blocks);
};

const decide = (question: Question, figures: string, familySize: number, blocks: number): Ruling => {
  const { limit, upper, familyLower, interval90, margin, say } = question;
  if (familyLower > limit) {
    return {
      kind: "over",
      why: `${figures}: the lower 95 % bound over all ${counted(familySize, "comparison")} is ${say(familyLower)}`,
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
      why: `${figures}: the 90 % interval [${say(low)}, ${say(high)}] holds zero and lies inside a third of the budget`,
      blocksNeeded: null,
    };
  }
  if (upper <= limit) {
    return {
      kind: "within",
      why: `${figures}: the upper 95 % bound is ${say(upper)}`,
      blocksNeeded: null,
    };
  }
  const needed = blocksNeeded(question, familySize, blocks);
  const more =
    needed === null
      ? "no reasonable number of blocks would decide it"
      : `about ${counted(needed, "block")} would decide it`;
  return {
    kind: "inconclusive",
    why: `${figures}: the bounds ${say(familyLower)} and ${say(upper)} lie on both sides of the budget; ${more}`,
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

/** Undefined where the estimate lacks what the budget's scale asks for. */
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
        say: (one) => (paired ? cost(one, estimate.unit) : amount(one, estimate.unit)),
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
        say: percentCost,
        sample: logRatio,
        sampleLimit: Math.log(ratioLimit),
      };
    }
  }
};

const limitText = (estimate: Estimate, limit: Budget["limit"]): string => {
  switch (limit.kind) {
    case "absolute":
      return METRICS[estimate.metric].kind === "paired"
        ? cost(limit.value, estimate.unit)
        : amount(limit.value, estimate.unit);
    case "percent":
      return `+${figure(limit.percent)} %`;
  }
};

/** "+4.1 us/op [3.6 us/op, 4.7 us/op] (+12 %), 30 blocks": a percentage never stands without its absolute figure. */
const figuresOf = (estimate: Estimate, limit: Budget["limit"]): string => {
  const paired = METRICS[estimate.metric].kind === "paired";
  const say = (one: number): string => (paired ? cost(one, estimate.unit) : amount(one, estimate.unit));
  const { value, low, high } = estimate.absolute;
  const range = low === null || high === null ? "" : ` [${say(low)}, ${say(high)}]`;
  return `${say(value)}${range}${ratioText(estimate, limit)}, ${counted(estimate.blocks, "block")},`;
};

const ratioText = (estimate: Estimate, limit: Budget["limit"]): string => {
  if (estimate.ratio === null) return "";
  const { value, low, high } = estimate.ratio;
  const range =
    limit.kind === "percent" && low !== null && high !== null
      ? ` [${percentCost(low)}, ${percentCost(high)}]`
      : "";
  return ` (${percentCost(value)}${range})`;
};
