/** Why the instrument cannot be trusted, or a verdict hangs on the noise. */
import { CALIBRATION_PASSES } from "../../domain/limits.ts";
import type { CheckFailure } from "../../domain/reason.ts";
import type { SensitiveVerdict } from "../../domain/self-checks.ts";
import { operationUnderLoad } from "./figures.ts";

export const checkFailureText = (failure: CheckFailure): string => {
  switch (failure.kind) {
    case "aa":
      return `A/A: ${failure.rejections} of ${failure.comparisons} comparisons of the node with itself found a difference where there is none, and chance explains at most ${failure.mostByChance}`;
    case "known-cost": {
      const { value, low, high } = failure.slope;
      const { low: least, high: most } = CALIBRATION_PASSES;
      return `known costs on ${operationUnderLoad(failure.at)} came back ${value.toFixed(2)}-fold [${low?.toFixed(2) ?? ""}, ${high?.toFixed(2) ?? ""}], which leaves out ${least} to ${most}`;
    }
  }
};

export const sensitiveText = (one: SensitiveVerdict): string =>
  `${one.agent} on ${operationUnderLoad(one)}, ${one.metric}: ${one.verdict}, but ${one.otherwise} with the first attempts`;
