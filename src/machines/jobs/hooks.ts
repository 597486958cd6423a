import type { GuestOutcome, TestOutcome } from "./outcome.ts";

export const chosenHook = (outcome: GuestOutcome, family: string): string | undefined =>
  outcome.hooks.find((hook) => hook.family === family && hook.outcome === "chosen")?.hook;

/** The hooks of a family under which every test passed, those with a failure, and those that the kernel refuses. */
export const provedHooks = (outcome: GuestOutcome, family: string) => {
  const namesOf = (wanted: (outcome: string) => boolean): readonly string[] =>
    outcome.hooks.filter((hook) => hook.family === family && wanted(hook.outcome)).map(({ hook }) => hook);
  const has = (hook: string, state: TestOutcome["state"]): boolean =>
    outcome.tests.some((test) => test.state === state && test.name.includes(`${family} by ${hook}`));
  const usable = namesOf((state) => state !== "failed");
  return {
    complete: usable.filter((hook) => has(hook, "passed") && !has(hook, "failed")),
    failed: usable.filter((hook) => has(hook, "failed")),
    refused: namesOf((state) => state === "failed"),
  };
};
