/**
 * Would the verdicts be the same if no trial had been done again? The noise gate does not look at the cost, but noise and cost are both
 * of the same trial; a verdict that hangs on which attempts count is not one.
 */
import { METRIC_IDS } from "../domain/units.ts";
import { type Verdict, type VerdictKind, checkName } from "../domain/verdict.ts";
import type { EffectiveRecord } from "./effective-record.ts";
import { type Inference, infer } from "./infer.ts";
import type { Resampler } from "./resample.ts";

/** What a verdict would be with the first attempts, for those for which it differs. */
export type Sensitivity = ReadonlyMap<Verdict, VerdictKind>;

export const sensitivityOf = (
  record: EffectiveRecord,
  inference: Inference,
  resampler: Resampler,
): Sensitivity => {
  const redone = record.firstAttempts.some((trial) => trial.rejected !== null);
  if (!redone || inference.verdicts.length === 0) return new Map();
  const budgeted = new Set(record.header.plan.budgets.map(({ metric }) => metric));
  const metrics = METRIC_IDS.filter((metric) => budgeted.has(metric));
  const others = new Map(
    infer(record, record.firstAttempts, resampler, metrics).verdicts.map((one) => [checkName(one), one.kind]),
  );
  const changed = inference.verdicts.flatMap((verdict): [Verdict, VerdictKind][] => {
    const other = others.get(checkName(verdict));
    return other === undefined || other === verdict.kind ? [] : [[verdict, other]];
  });
  return new Map(changed);
};
