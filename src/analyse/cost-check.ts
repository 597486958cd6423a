/** A budget on a cost as a question about one mean, and what a run's family of such questions decides. */
import type { Budget } from "../domain/plan.ts";
import type { MetricId } from "../domain/units.ts";
import type { Assessment } from "./estimate.ts";
import { type Decision, holm } from "./holm.ts";
import { MIN_BLOCKS } from "./interval.ts";
import { type Mean, pAbove } from "./mean.ts";

export interface CostCheck {
  readonly assessment: Assessment;
  readonly metric: MetricId;
  readonly limit: Budget["limit"];
}

export interface Asked {
  readonly mean: Mean;
  /** On the scale of the mean, which is logarithmic for a budget in percent. */
  readonly limit: number;
}

/** Undefined where there are too few blocks, or no ratio for a budget in percent. */
export const askedOf = ({
  assessment,
  limit,
}: Pick<CostCheck, "assessment" | "limit">): Asked | undefined => {
  const { estimate, absolute, logRatio } = assessment;
  const mean = limit.kind === "absolute" ? absolute : logRatio;
  if (mean === null || estimate.blocks < MIN_BLOCKS) return undefined;
  return { mean, limit: limit.kind === "absolute" ? limit.value : Math.log1p(limit.percent / 100) };
};

/** Whether each cost is over its budget, at 95 % for all checks of the run together. A check that cannot be asked belongs to no family. */
export const familyDecisions = (checks: readonly CostCheck[]): ReadonlyMap<CostCheck, Decision> => {
  const asked = checks.flatMap((check) => {
    const question = askedOf(check);
    return question === undefined ? [] : [{ check, p: pAbove(question.mean, question.limit) }];
  });
  const decisions = holm(asked.map(({ p }) => p));
  return new Map(
    asked.flatMap(({ check }, index) => {
      const decision = decisions[index];
      return decision === undefined ? [] : [[check, decision]];
    }),
  );
};
