/** Why the instrument cannot be trusted, or a verdict hangs on the noise. */
import { CALIBRATION_PASSES } from "../../domain/limits.ts";
import { BASELINE } from "../../domain/plan.ts";
import type { CheckFailure, Unproven } from "../../domain/reason.ts";
import type { SensitiveVerdict } from "../../domain/self-checks.ts";
import { METRICS } from "../../domain/units.ts";
import { amount, cost, operationUnderLoad } from "./figures.ts";

export const checkFailureText = (failure: CheckFailure): string => {
  switch (failure.kind) {
    case "aa":
      return `A/A: ${failure.of === BASELINE ? "the second baseline" : failure.of} differs from the baseline on ${apartText(failure)}`;
    case "carry-over":
      return `carry-over: a baseline straight after ${failure.after} differs from the other on ${apartText(failure)}`;
    case "known-cost": {
      const { value, low, high } = failure.slope;
      const { low: least, high: most } = CALIBRATION_PASSES;
      return `known costs on ${operationUnderLoad(failure.at)} came back ${value.toFixed(2)}-fold [${low?.toFixed(2) ?? ""}, ${high?.toFixed(2) ?? ""}], which leaves out ${least} to ${most}`;
    }
  }
};

type Apart = Extract<CheckFailure, { readonly kind: "aa" | "carry-over" }>;

const apartText = ({ at, metric, difference: { value, low, high }, margin }: Apart): string => {
  const { unit, title } = METRICS[metric];
  const range = low === null || high === null ? "" : ` [${cost(low, unit)}, ${cost(high, unit)}]`;
  return `${operationUnderLoad(at)}, ${title}: by ${cost(value, unit)}${range}, and at most ${amount(margin, unit)} would be nothing`;
};

/** What a check left open, as the subject of a sentence. */
export const unprovenText = (unproven: Unproven): string => {
  switch (unproven.kind) {
    case "aa":
      return `A/A did not show that ${unproven.of === BASELINE ? "the two baselines are" : `${unproven.of} is`} alike`;
    case "carry-over":
      return `it was not shown that ${unproven.after} leaves nothing behind`;
    case "known-cost": {
      const { value, low, high } = unproven.slope;
      return `known costs came back ${value.toFixed(2)}-fold [${low?.toFixed(2) ?? ""}, ${high?.toFixed(2) ?? ""}], which is not proved to be ${CALIBRATION_PASSES.low} to ${CALIBRATION_PASSES.high}`;
    }
  }
};

export const sensitiveText = (one: SensitiveVerdict): string =>
  `${one.agent} on ${operationUnderLoad(one)}, ${one.metric}: ${one.verdict}, but ${one.otherwise} with the first attempts`;
