/**
 * Would the verdicts be the same if no trial had been done again? The noise gate does not look at the cost, but noise and cost are both
 * of the same trial; a verdict that hangs on which attempts count is not one.
 */
import { METRIC_IDS } from "../domain/units.ts";
import type { Verdict, VerdictKind } from "../domain/verdict.ts";
import type { CurrentRecord } from "./current.ts";
import type { Inference } from "./infer.ts";
import { infer } from "./infer.ts";
import type { Resampler } from "./resample.ts";

/** What a verdict would be with the first attempts, for those for which it differs. */
export type Sensitivity = ReadonlyMap<Verdict, VerdictKind>;

export const sensitivityOf = (
  record: CurrentRecord,
  inference: Inference,
  resampler: Resampler,
): Sensitivity => {
  const redone = record.firstAttempts.some((trial) => trial.rejected !== null);
  if (!redone || inference.verdicts.length === 0) return new Map();
  const budgeted = new Set(record.header.plan.budgets.map(({ metric }) => metric));
  const metrics = METRIC_IDS.filter((metric) => budgeted.has(metric));
  const others = byName(infer(record, record.firstAttempts, resampler, metrics).verdicts);
  const changed = [...byName(inference.verdicts)].flatMap(([name, verdict]): [Verdict, VerdictKind][] => {
    const other = others.get(name);
    return other === undefined || other.kind === verdict.kind ? [] : [[verdict, other.kind]];
  });
  return new Map(changed);
};

/** Two placements of one load give two verdicts of one address, always in the same order. */
const byName = (verdicts: readonly Verdict[]): ReadonlyMap<string, Verdict> => {
  const named = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    const { agent, scenario, operation, load, metric, budget } = verdict;
    const address = [agent, scenario, operation, load, metric, budget];
    let nth = 1;
    while (named.has(JSON.stringify([...address, nth]))) nth++;
    named.set(JSON.stringify([...address, nth]), verdict);
  }
  return named;
};
