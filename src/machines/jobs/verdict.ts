/** What a guest's outcome amounts to, in few words. */
import { COUNTED_SCENARIOS } from "../agent-lists.ts";
import type { GuestOutcome, SmokeOutcome } from "./outcome.ts";

/** Why a smoke run is not as it must be, or undefined. */
export const smokeFault = (smoke: SmokeOutcome): string | undefined => {
  if (smoke.exitCode !== 0) return `tare run left with ${smoke.exitCode}: ${smoke.said}`;
  for (const scenario of COUNTED_SCENARIOS) {
    const events = smoke.events[scenario];
    if (events === undefined || events.operations === 0) return `${scenario} was not measured`;
    if (events.delivered < events.operations)
      return `${scenario}: ${events.delivered} of ${events.operations} operations became events`;
  }
  if (smoke.emulated !== true) return `the record does not say that the CPU is emulated: ${smoke.emulated}`;
  return undefined;
};

/** The hook that the sensor chose for a family, or undefined where none worked. */
export const chosenHook = (outcome: GuestOutcome, family: string): string | undefined =>
  outcome.hooks.find((hook) => hook.family === family && hook.outcome === "chosen")?.hook;

/** The hooks of a family under which every test passed, and those with a failure. */
export const provedHooks = (
  outcome: GuestOutcome,
  family: string,
): {
  readonly complete: readonly string[];
  readonly failed: readonly string[];
  readonly refused: readonly string[];
} => {
  const ofFamily = outcome.hooks.filter((hook) => hook.family === family);
  const testsOf = (hook: string) =>
    outcome.tests.filter((test) => test.name.includes(`${family} by ${hook}`));
  const usable = ofFamily.filter((hook) => hook.outcome !== "failed").map((hook) => hook.hook);
  return {
    complete: usable.filter(
      (hook) =>
        testsOf(hook).some((test) => test.state === "passed") &&
        testsOf(hook).every((test) => test.state !== "failed"),
    ),
    failed: usable.filter((hook) => testsOf(hook).some((test) => test.state === "failed")),
    refused: ofFamily.filter((hook) => hook.outcome === "failed").map((hook) => hook.hook),
  };
};
