/** A guess of how long a guest still takes: first from what was seen on small hosts, then from the guests before it and from what it says. */
import type { Architecture } from "../guests.ts";
import type { Accelerator } from "./accelerator.ts";
import { type Step, STEPS } from "./steps.ts";
import { secondsUntilDone, type Turn } from "./turns.ts";

type Kind = "native" | "emulated";

/** Seconds of the steps that take the same whatever is measured. Under emulation everything in the guest takes several times as long. */
const SEEN: Readonly<Record<Kind, Readonly<Record<Exclude<Step, "measure">, number>>>> = {
  native: { box: 30, boot: 30, copy: 10, "set-up": 15, fetch: 2, destroy: 5 },
  emulated: { box: 12, boot: 30, copy: 10, "set-up": 45, fetch: 10, destroy: 2 },
};
/** Enough for everything but an emulated `standard` or `thorough`. */
const MIN_LIMIT_SECONDS = 4 * 3600;
/** A forecast is for an idle machine. */
const LIMIT_FORECASTS = 4;

export class Forecast {
  readonly #runs: Readonly<Record<Kind, number>>;
  readonly #measured = new Map<string, number>();

  /** `runs`: seconds that the run itself takes in a guest. */
  constructor(runs: Readonly<Record<Kind, number>>) {
    this.#runs = runs;
  }

  learn(accelerator: Accelerator, step: Step, seconds: number): void {
    this.#measured.set(`${accelerator} ${step}`, seconds);
  }

  seconds(accelerator: Accelerator, step: Step): number {
    const measured = this.#measured.get(`${accelerator} ${step}`);
    if (measured !== undefined) return measured;
    const kind = accelerator === "tcg" ? "emulated" : "native";
    return step === "measure" ? this.#runs[kind] : SEEN[kind][step];
  }

  /** Of a guest that is not begun yet. */
  whole(accelerator: Accelerator): number {
    return this.left(accelerator, "box", 0);
  }

  ofTurns(turns: readonly Turn[], accelerators: Readonly<Record<Architecture, Accelerator>>): number {
    return turns.reduce((sum, { guests, atOnce }) => {
      const each = guests.map(({ architecture }) => this.whole(accelerators[architecture]));
      return sum + secondsUntilDone([], each, atOnce);
    }, 0);
  }

  /** Seconds until the guest is done that has been in `step` for `inStep` seconds; `said`: what it says itself that the step still takes. */
  left(accelerator: Accelerator, step: Step, inStep: number, said?: number): number {
    const after = STEPS.slice(STEPS.indexOf(step) + 1);
    const later = after.reduce((sum, one) => sum + this.seconds(accelerator, one), 0);
    return Math.max(0, said ?? this.seconds(accelerator, step) - inStep) + later;
  }

  /** The time limit of a guest where none was asked for. */
  limit(accelerator: Accelerator): number {
    return Math.max(MIN_LIMIT_SECONDS, LIMIT_FORECASTS * this.whole(accelerator));
  }
}
