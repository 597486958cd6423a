/**
 * Would the verdicts be the same if no trial had been done again? The noise gate does not look at the cost, but noise and cost are both
 * of the same trial; a verdict that hangs on which attempts count is not one.
 */
import type { SelfChecks } from "../domain/self-checks.ts";
import { METRIC_IDS, isWallClock } from "../domain/units.ts";
import { type Ruling, type Verdict, type VerdictKind, checkName, invalid } from "../domain/verdict.ts";
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

export const withholdVerdicts = (
  verdicts: readonly Verdict[],
  checks: SelfChecks,
  sensitivity: Sensitivity,
): readonly Verdict[] =>
  verdicts.map((verdict) => {
    if (verdict.kind === "invalid") return verdict;
    const ruling = rulingFor(verdict, checks, sensitivity);
    return ruling === undefined ? verdict : { ...verdict, ...ruling };
  });

const rulingFor = (
  verdict: Verdict,
  { failures, noise }: SelfChecks,
  sensitivity: Sensitivity,
): Ruling | undefined => {
  const { metric, reason } = verdict;
  if (metric !== "loss" && failures.length > 0) return invalid({ kind: "instrument-failed", failures });
  if (metric !== "loss" && noise.contended && isWallClock(metric)) return invalid({ kind: "contended" });
  const otherwise = sensitivity.get(verdict);
  return otherwise === undefined
    ? undefined
    : {
        kind: "inconclusive",
        reason: { kind: "hangs-on-noise", reason, otherwise },
        blocksNeeded: null,
      };
};
