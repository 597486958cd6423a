/** A guess of how long a guest still takes: first from what was seen on small hosts, then from the guests before it. */
import type { Accelerator } from "./accelerator.ts";
import { timeoutScaleOf } from "./timeout-scale.ts";
import { type Step, STEPS } from "./steps.ts";

/** Seconds by step, for progress lines alone. Under emulation everything in the guest takes several times as long. */
const SEEN: Readonly<Record<"native" | "emulated", Readonly<Record<Exclude<Step, "measure">, number>>>> = {
  native: { box: 30, boot: 30, copy: 10, fetch: 2, destroy: 5 },
  emulated: { box: 30, boot: 110, copy: 20, fetch: 8, destroy: 6 },
};
const SET_UP_SECONDS = 60;
/** Seen with a timeout scale of 1; a larger one makes every pause of the run longer by that factor, though not its work. */
const SLOWER_WHEN_EMULATED = 3;
/** Enough for everything but an emulated `thorough`. */
const MIN_LIMIT_SECONDS = 4 * 3600;

export class Forecast {
  readonly #profileSeconds: number;
  readonly #timeoutScale: number | undefined;
  readonly #measured = new Map<string, number>();

  /** `profileSeconds`: how long the profile measures at most; `timeoutScale`: the value of TARE_VM_TIMEOUT_SCALE. */
  constructor(profileSeconds: number, timeoutScale: number | undefined) {
    this.#profileSeconds = profileSeconds;
    this.#timeoutScale = timeoutScale;
  }

  learn(accelerator: Accelerator, step: Step, seconds: number): void {
    this.#measured.set(`${accelerator} ${step}`, seconds);
  }

  seconds(accelerator: Accelerator, step: Step): number {
    const measured = this.#measured.get(`${accelerator} ${step}`);
    if (measured !== undefined) return measured;
    const kind = accelerator === "tcg" ? "emulated" : "native";
    if (step !== "measure") return SEEN[kind][step];
    const slower = Math.max(
      kind === "emulated" ? SLOWER_WHEN_EMULATED : 1,
      timeoutScaleOf(accelerator, this.#timeoutScale),
    );
    return this.#profileSeconds * slower + SET_UP_SECONDS;
  }

  /** Seconds until the guest is done that has been in `step` for `inStep` seconds. */
  left(accelerator: Accelerator, step: Step, inStep: number): number {
    const after = STEPS.slice(STEPS.indexOf(step) + 1);
    const later = after.reduce((sum, one) => sum + this.seconds(accelerator, one), 0);
    return Math.max(0, this.seconds(accelerator, step) - inStep) + later;
  }

  /** The time limit of a guest where none was asked for: at least twice what it should take. */
  limit(accelerator: Accelerator): number {
    return Math.max(MIN_LIMIT_SECONDS, 2 * this.left(accelerator, "box", 0));
  }
}
