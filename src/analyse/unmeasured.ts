/** Why turns and trials came to no measurement, without the last lines of the logs, which stay in the record. */
import type { Unmeasured } from "../domain/failure.ts";
import type { BackpressureOutcome, TrialOutcome, TurnOutcome } from "../domain/record.ts";

/** Undefined where it was measured. */
export const whyUnmeasured = (
  outcome: TurnOutcome | TrialOutcome | BackpressureOutcome,
): Unmeasured | undefined => {
  switch (outcome.kind) {
    case "started":
    case "measured":
      return undefined;
    case "skipped":
      return { kind: "skipped", reason: outcome.reason };
    case "failed":
      return { kind: "failed", stage: outcome.stage, message: outcome.message };
  }
};
