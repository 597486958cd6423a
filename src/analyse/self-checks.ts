/** How far the instrument can be trusted in this run: it was given known answers, and itself. */
import type { SelfChecks, SensitiveVerdict } from "../domain/self-checks.ts";
import { conditionOf } from "../domain/condition.ts";
import { aaCheck, aaFailure } from "./aa.ts";
import { calibrationFailures, calibrations } from "./calibration.ts";
import { carryOvers } from "./carry-over.ts";
import type { AllCollected } from "./collect.ts";
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
  const { agents } = header;
  const measured = trials.filter(isMeasured);
  const aa = aaCheck(collected, agents, blocks);
  const calibration = calibrations(measured, collected, agents, blocks);
  return {
    aa,
    carryOver: carryOvers(record, collected),
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
    failures: [...aaFailure(aa), ...calibrationFailures(calibration)],
  };
};
