/** How far the instrument can be trusted in this run: it was given known answers, and itself. */
import type { SelfChecks, SensitiveVerdict } from "../domain/self-checks.ts";
import { conditionOf } from "../domain/condition.ts";
import { aaCheck, aaFailures } from "./aa.ts";
import { calibrationFailures, calibrations } from "./calibration.ts";
import { carryOverFailures, carryOvers } from "./carry-over.ts";
import type { AllCollected } from "./collect.ts";
import { marginsOf } from "./equivalence.ts";
import { isContended, noiseSigns } from "./noise.ts";
import { type EffectiveRecord, isMeasured } from "./effective-record.ts";
import { knownLevels, knownLosses } from "./known-answers.ts";
import type { Sensitivity } from "./sensitivity.ts";

export const selfChecks = (
  record: EffectiveRecord,
  collected: AllCollected,
  sensitivity: Sensitivity,
): SelfChecks => {
  const { blocks, trials, header } = record;
  const { agents, plan } = header;
  const measured = trials.filter(isMeasured);
  const marginOf = marginsOf(plan.budgets, collected);
  const aa = aaCheck(collected, agents, blocks, marginOf);
  const carryOver = carryOvers(record, collected, marginOf);
  const calibration = calibrations(measured, collected, agents, blocks);
  return {
    aa,
    carryOver,
    calibration,
    knownLoss: knownLosses(measured, agents),
    knownLevels: knownLevels(measured, collected, agents, blocks),
    noise: {
      redone: record.firstAttempts.filter((trial) => trial.rejected !== null).length,
      trials: trials.length,
      sensitive: [...sensitivity].map(([verdict, otherwise]): SensitiveVerdict => ({
        ...conditionOf(verdict),
        metric: verdict.metric,
        verdict: verdict.kind,
        otherwise,
      })),
      contended: isContended(measured),
      signs: noiseSigns(measured),
    },
    failures: [...aaFailures(aa), ...carryOverFailures(carryOver), ...calibrationFailures(calibration)],
  };
};
