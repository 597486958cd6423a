/** A guess of how long a guest still takes: first from what was seen on small hosts, then from the guests before it. */
import type { Accelerator } from "./accelerator.ts";
import type { Step } from "./steps.ts";
import { STEPS } from "./steps.ts";

/** Seconds by step; nothing but a progress line hangs on them. Under emulation everything in the guest takes several times as long. */
const SEEN: Readonly<Record<"native" | "emulated", Readonly<Record<Exclude<Step, "measure">, number>>>> = {
  native: { box: 30, boot: 30, copy: 10, fetch: 2, destroy: 5 },
  emulated: { box: 30, boot: 110, copy: 20, fetch: 8, destroy: 6 },
};
const SET_UP_SECONDS = { native: 60, emulated: 60 } as const;
const SLOWER_WHEN_EMULATED = 3;

export class Forecast {
  readonly #profileSeconds: number;
  readonly #measured = new Map<string, number>();

  /** `profileSeconds`: how long the profile measures at most. */
  constructor(profileSeconds: number) {
    this.#profileSeconds = profileSeconds;
  }

  /** Takes note of how long a step truly took, for the guests that follow. */
  learn(accelerator: Accelerator, step: Step, seconds: number): void {
    this.#measured.set(`${accelerator} ${step}`, seconds);
  }

  seconds(accelerator: Accelerator, step: Step): number {
    const measured = this.#measured.get(`${accelerator} ${step}`);
    if (measured !== undefined) return measured;
    const kind = accelerator === "tcg" ? "emulated" : "native";
    if (step !== "measure") return SEEN[kind][step];
    return this.#profileSeconds * (kind === "emulated" ? SLOWER_WHEN_EMULATED : 1) + SET_UP_SECONDS[kind];
  }

  /** Seconds until the guest is done that has been in `step` for `inStep` seconds. */
  left(accelerator: Accelerator, step: Step, inStep: number): number {
    const after = STEPS.slice(STEPS.indexOf(step) + 1);
    const later = after.reduce((sum, one) => sum + this.seconds(accelerator, one), 0);
    return Math.max(0, this.seconds(accelerator, step) - inStep) + later;
  }
}
