/** How far the instrument can be trusted in this run: it was given known answers, and itself. */
import type { TrialLine } from "../domain/record.ts";
import type { Trust } from "../domain/verdict.ts";

export const trustOf = (trials: readonly TrialLine[]): Trust => ({
  aa: { contrasts: [], rejections: 0, mostByChance: 0 },
  carryOver: [],
  calibration: [],
  knownLoss: [],
  knownLevels: [],
  noise: {
    redone: trials.filter((trial) => trial.rejected !== null).length,
    trials: trials.length,
    sensitive: [],
    contended: false,
  },
  failures: [],
});
