/** How far the instrument can be trusted in this run: it was given known answers, and itself. */
import type { Trust } from "../domain/verdict.ts";
import { aaCheck, aaFailure } from "./aa.ts";
import { calibrationFailures, calibrations } from "./calibration.ts";
import { carryOvers } from "./carry-over.ts";
import type { Collected } from "./collect.ts";
import { isContended } from "./contention.ts";
import type { CurrentRecord } from "./current.ts";
import { isMeasured } from "./current.ts";
import { knownLevels } from "./known-levels.ts";
import { knownLosses } from "./known-loss.ts";
import { noiseSigns } from "./noise.ts";
import type { Resampler } from "./resample.ts";
import { cost, operationTitle } from "./say.ts";
import type { Sensitivity } from "./sensitivity.ts";

/** `collected`: of the trials that count, in the order in which things are to be listed. */
export const trustOf = (
  record: CurrentRecord,
  collected: readonly Collected[],
  resampler: Resampler,
  sensitivity: Sensitivity,
): Trust => {
  const { blocks, trials } = record;
  const measured = trials.filter(isMeasured);
  const aa = aaCheck(collected, blocks, resampler);
  const calibration = calibrations(measured, collected, blocks, resampler);
  const aaReason = aaFailure(aa);
  return {
    aa,
    carryOver: carryOvers(record, collected),
    calibration,
    knownLoss: knownLosses(measured),
    knownLevels: knownLevels(measured, collected, blocks, resampler),
    noise: {
      redone: record.firstAttempts.filter((trial) => trial.rejected !== null).length,
      trials: trials.length,
      sensitive: [...sensitivity].map(
        ([verdict, other]) =>
          `${verdict.agent} on ${operationTitle(verdict)}, ${verdict.metric}: ${verdict.kind}, but ${other} with the first attempts`,
      ),
      contended: isContended(measured),
      signs: noiseSigns(measured),
    },
    failures: [...(aaReason === undefined ? [] : [aaReason]), ...calibrationFailures(calibration)],
  };
};

export const carryOverWarnings = ({ carryOver }: Trust): readonly string[] =>
  carryOver
    .filter(({ suspicious }) => suspicious)
    .map(
      ({ after, difference, unit, trials, ...at }) =>
        `${after} seems to leave something behind: ${operationTitle(at)} without an agent takes ${cost(difference.value, unit)} in the ${trials} blocks in which it comes straight after it`,
    );
