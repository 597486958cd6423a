/**
 * One slot of a turn: a planned trial, done again at most twice when noise from outside disturbed it. Every attempt is recorded; the
 * last one counts whatever it was, so that a noisy node ends with noisy figures and not with none.
 */
import type { Trial } from "../domain/plan.ts";
import type { TrialLine } from "../domain/record.ts";
import type { TimedOutcome } from "../domain/trial-outcome.ts";
import type { RunContext } from "./context.ts";
import { runTrial, type TrialRequest } from "./run-trial.ts";

const MAX_ATTEMPTS = 3;

export type TrialOwner = Pick<TrialLine, "block" | "turn" | "agent" | "baseline">;

/** `used`: ids of the turn's trials; those of further attempts are added. */
export const retryTrial = async (
  context: RunContext,
  owner: TrialOwner,
  planned: Trial,
  request: Omit<TrialRequest, "trial">,
  used: string[],
): Promise<void> => {
  for (let attempt = 1, trial = planned; ; attempt++) {
    context.emit({ kind: "trial", block: owner.block, agent: owner.agent, trial });
    const startedAt = context.host.date();
    const outcome = await runTrial(context, { ...request, trial });
    // A storm is a burst of others, and slows the loop that tells of noise; the service alone must not be chosen more carefully.
    const noise =
      outcome.kind === "measured" && trial.beside === undefined
        ? context.noiseGate.judge({ ...planned, agent: owner.agent }, outcome.noise, outcome.cpu)
        : undefined;
    const rejected = attempt < MAX_ATTEMPTS ? (noise ?? null) : null;
    await recordTrial(context, owner, trial, { attempt, rejected, startedAt, outcome });
    if (rejected === null) return;
    const id = context.retryId(used);
    used.push(id);
    trial = { ...planned, id };
  }
};

export const recordTrial = async (
  context: RunContext,
  owner: TrialOwner,
  trial: Trial,
  result: Pick<TrialLine, "attempt" | "rejected" | "startedAt"> & { readonly outcome: TimedOutcome },
): Promise<void> => {
  const { id, scenario, load, placement, beside, scale } = trial;
  const at = {
    scenario,
    load,
    placement,
    ...(beside === undefined ? {} : { beside }),
    ...(scale === undefined ? {} : { scale }),
  };
  await context.append({ type: "trial", id, ...owner, ...at, ...result });
  context.emit({
    kind: "trial-done",
    outcome: result.rejected === null ? result.outcome.kind : "rejected",
    message: result.rejected ?? messageOf(result.outcome),
  });
};

const messageOf = (outcome: TimedOutcome): string | undefined => {
  switch (outcome.kind) {
    case "measured":
      return outcome.defects[0];
    case "skipped":
      return outcome.reason;
    case "failed":
      return outcome.message;
  }
};
