/** All guests, one after the other: two at once would measure each other. What happens to one costs the others nothing. */
import type { Host } from "../../domain/host.ts";
import type { Accelerator } from "./accelerator.ts";
import type { Forecast } from "./forecast.ts";
import type { Architecture, Guest } from "../guests.ts";
import { failedBy, type GuestOutcome, runGuest } from "./run-guest.ts";
import type { Progress, Step } from "./steps.ts";
import type { GuestSettings } from "./vagrant.ts";

export interface GuestResult {
  readonly guest: Guest;
  readonly accelerator: Accelerator;
  readonly outcome: GuestOutcome;
  readonly seconds: number;
  readonly steps: Readonly<Partial<Record<Step, number>>>;
  readonly problems: readonly string[];
}

export type GuestEvent =
  | {
      readonly kind: "step" | "tick";
      readonly guest: Guest;
      readonly step: Step;
      /** What the guest itself said last in this step; undefined: nothing. */
      readonly progress: Progress | undefined;
      /** Seconds since this guest was begun, and a guess of how many it and all others still take. */
      readonly gone: number;
      readonly left: number;
    }
  | { readonly kind: "done"; readonly result: GuestResult }
  /** The guest was interrupted, and this could not be undone. */
  | { readonly kind: "left"; readonly guest: Guest; readonly problems: readonly string[] };

export interface GuestsRequest {
  readonly host: Host;
  readonly guests: readonly Guest[];
  readonly accelerators: Readonly<Record<Architecture, Accelerator>>;
  /** Box and payload may differ from guest to guest; thrown errors fail that guest only, an interruption ends all. */
  settingsOf(guest: Guest): Promise<GuestSettings>;
  readonly keep: boolean;
  readonly totalSeconds: number;
  readonly forecast: Forecast;
  readonly signal: AbortSignal;
  emit(event: GuestEvent): void;
}

/** Results in order; when interrupted, of those guests that were begun before. Never throws for a guest's failure. */
export const runGuests = async (
  request: GuestsRequest,
): Promise<{ readonly results: readonly GuestResult[]; readonly interrupted: boolean }> => {
  const { host, guests, accelerators, signal, forecast } = request;
  const results: GuestResult[] = [];
  for (const [at, guest] of guests.entries()) {
    if (signal.aborted) return { results, interrupted: true };
    const accelerator = accelerators[guest.architecture];
    const later = guests.slice(at + 1);
    const clock = stepClock(host);
    let heard: { readonly progress: Progress; readonly at: number } | undefined;
    const left = (): number => {
      const said = heard?.progress.left;
      const now = said === undefined ? undefined : said - (clock.inStep() - (heard?.at ?? 0));
      return (
        forecast.left(accelerator, clock.step(), clock.inStep(), now) +
        later.reduce((sum, one) => sum + forecast.whole(accelerators[one.architecture]), 0)
      );
    };
    const emit = (kind: "step" | "tick", step: Step): void => {
      request.emit({
        kind,
        guest,
        step,
        progress: heard?.progress,
        gone: clock.gone(),
        left: left(),
      });
    };
    const entered = (step: Step): void => {
      const ended = clock.enter(step);
      heard = undefined;
      if (ended !== undefined) forecast.learn(accelerator, ended.step, ended.seconds);
      emit("step", step);
    };
    const finish = (outcome: GuestOutcome, problems: readonly string[]): void => {
      clock.enter("destroy");
      const result = { guest, accelerator, outcome, problems, seconds: clock.gone(), steps: clock.steps() };
      results.push(result);
      request.emit({ kind: "done", result });
    };
    try {
      const { outcome, problems } = await runGuest({
        host,
        guest,
        settings: await request.settingsOf(guest),
        keep: request.keep,
        totalSeconds: request.totalSeconds,
        signal,
        entered,
        tick: (step) => {
          emit("tick", step);
        },
        said: (progress) => {
          heard = { progress, at: clock.inStep() };
        },
      });
      if (outcome === undefined) {
        if (problems.length > 0) request.emit({ kind: "left", guest, problems });
        return { results, interrupted: true };
      }
      finish(outcome, problems);
    } catch (error) {
      if (signal.aborted) return { results, interrupted: true };
      finish(failedBy(clock.step(), error), []);
    }
  }
  return { results, interrupted: false };
};

const stepClock = (host: Host) => {
  const began = host.now();
  const took: Partial<Record<Step, number>> = {};
  let current: Step = "box";
  let since: number | undefined;
  return {
    step: () => current,
    inStep: () => (host.now() - (since ?? began)) / 1000,
    gone: () => (host.now() - began) / 1000,
    /** Ends the current step and returns how long it took; undefined when there was none. */
    enter: (step: Step) => {
      const ended = since === undefined ? undefined : { step: current, seconds: (host.now() - since) / 1000 };
      if (ended !== undefined) took[ended.step] = (took[ended.step] ?? 0) + ended.seconds;
      current = step;
      since = host.now();
      return ended;
    },
    steps: () => took,
  };
};
