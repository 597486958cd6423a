/** One estimate against one budget. The order of the rules is told in `judge.ts`. */
import { NOTHING } from "../domain/limits.ts";
import type { JudgedCost } from "../domain/reason.ts";
import { METRICS } from "../domain/units.ts";
import { type Ruling, invalid } from "../domain/verdict.ts";
import { type Asked, type CostCheck, askedOf } from "./cost-check.ts";
import type { Decision } from "./holm.ts";
import { EQUIVALENCE_LEVEL, MIN_BLOCKS } from "./interval.ts";
import { bound, ends } from "./mean.ts";
import { blocksFor } from "./power.ts";

const UPPER_ALPHA = 0.05;

/** `over`: what the family of all checks decided of this one (`familyDecisions`); undefined where it could not be asked. */
export const judgeCost = (check: CostCheck, over: Decision | undefined): Ruling => {
  const { metric, limit } = check;
  const { estimate } = check.assessment;
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
  const asked = askedOf(check);
  return asked === undefined || over === undefined
    ? invalid({ kind: "no-bounds", cost })
    : decide(check, asked, cost, over);
};

const decide = ({ metric, limit }: CostCheck, asked: Asked, cost: JudgedCost, over: Decision): Ruling => {
  // Bounds are told on the budget's own scale, which is a ratio where it is in percent.
  const told = (one: number): number => (limit.kind === "absolute" ? one : Math.exp(one));
  const lower = bound(asked.mean, over.alpha);
  if (over.rejected) {
    return {
      kind: "over",
      reason: { kind: "lower-bound-over", cost, lower: told(lower), comparisons: over.comparisons },
      blocksNeeded: null,
    };
  }
  const [low, high] = ends(asked.mean, EQUIVALENCE_LEVEL);
  const margin =
    limit.kind === "absolute" ? limit.value * NOTHING : Math.log1p((limit.percent / 100) * NOTHING);
  if (METRICS[metric].kind === "paired" && low <= 0 && high >= 0 && low > -margin && high < margin) {
    return {
      kind: "no-detectable-cost",
      reason: { kind: "equivalent", cost, low: told(low), high: told(high) },
      blocksNeeded: null,
    };
  }
  const upper = bound(asked.mean, 1 - UPPER_ALPHA);
  if (upper <= asked.limit) {
    return {
      kind: "within",
      reason: { kind: "upper-bound-within", cost, upper: told(upper) },
      blocksNeeded: null,
    };
  }
  const needed = blocksNeeded(asked, over);
  return {
    kind: "inconclusive",
    reason: { kind: "bounds-straddle", cost, lower: told(lower), upper: told(upper), blocksNeeded: needed },
    blocksNeeded: needed,
  };
};

/** At least one block more than there are, since these have not decided it. By the test that would then judge. */
const blocksNeeded = ({ mean, limit }: Asked, over: Decision): number | null => {
  const alpha = mean.value > limit ? over.alpha : UPPER_ALPHA;
  const needed = blocksFor(mean, Math.abs(limit - mean.value), alpha);
  return needed === null ? null : Math.max(needed, mean.n + 1);
};
