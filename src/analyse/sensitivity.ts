/**
 * Would the verdicts be the same if no trial had been done again? The noise gate does not look at the cost, but noise and cost are both
 * of the same trial; a verdict that hangs on which attempts count is not one. First attempts are the noisier ones, so that they may not decide
 * what the others do; but what the others say must be possible by them.
 */
import { METRIC_IDS } from "../domain/units.ts";
import { type Verdict, type VerdictKind, checkName } from "../domain/verdict.ts";
import { costIn, isAllowed } from "./allowed.ts";
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
    infer(record, record.firstAttempts, resampler, metrics).verdicts.map((one) => [checkName(one), one]),
  );
  const changed = inference.verdicts.flatMap((verdict): [Verdict, VerdictKind][] => {
    const other = others.get(checkName(verdict));
    return other === undefined || isBorneOut(verdict, other) ? [] : [[verdict, other.kind]];
  });
  return new Map(changed);
};

const isBorneOut = (verdict: Verdict, first: Verdict): boolean => {
  if (first.kind === verdict.kind || (isAllowed(first) && isAllowed(verdict))) return true;
  if (first.kind !== "inconclusive") return false;
  const [cost, wider] = [costIn(verdict), costIn(first)];
  if (cost === undefined || wider === undefined) return false;
  const { low, high } = wider.absolute;
  return low !== null && high !== null && low <= cost.absolute.value && cost.absolute.value <= high;
};
