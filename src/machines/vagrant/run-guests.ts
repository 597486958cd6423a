/** All guests, turn by turn. What happens to one costs the others nothing. */
import type { Host } from "../../domain/host.ts";
import type { Accelerator } from "./accelerator.ts";
import type { Forecast } from "./forecast.ts";
import { Gate } from "./gate.ts";
import type { Architecture, Guest } from "../guests.ts";
import { failedBy, type GuestOutcome, runGuest } from "./run-guest.ts";
import type { Progress, Step } from "./steps.ts";
import { secondsUntilDone, type Turn } from "./turns.ts";
import type { GuestSettings } from "./vagrant.ts";

export interface GuestResult {
  readonly guest: Guest;
  readonly accelerator: Accelerator;
  readonly outcome: GuestOutcome;
  readonly seconds: number;
  readonly steps: Readonly<Partial<Record<Step, number>>>;
  readonly problems: readonly string[];
}

/** Where a guest is that runs. */
export interface GuestState {
  readonly guest: Guest;
  readonly step: Step;
  /** What the guest itself said last in this step; undefined: nothing. */
  readonly progress: Progress | undefined;
}

/** Seconds since the first guest was begun, and a guess of how many all of them still take. */
interface Times {
  readonly gone: number;
  readonly left: number;
}

export type GuestEvent =
  | ({ readonly kind: "step"; readonly guest: Guest; readonly step: Step } & Times)
  /** About once a second for each guest that runs. */
  | ({ readonly kind: "tick"; readonly running: readonly GuestState[] } & Times)
  | { readonly kind: "done"; readonly result: GuestResult }
  /** The guest was interrupted, and this could not be undone. */
  | { readonly kind: "left"; readonly guest: Guest; readonly problems: readonly string[] };

export interface GuestsRequest {
  readonly host: Host;
  readonly guests: readonly Guest[];
  /** The same guests. */
  readonly turns: readonly Turn[];
  readonly accelerators: Readonly<Record<Architecture, Accelerator>>;
  /** Box and payload may differ from guest to guest; thrown errors fail that guest only, an interruption ends all. */
  settingsOf(guest: Guest): Promise<GuestSettings>;
  readonly keep: boolean;
  readonly totalSeconds: number;
  readonly forecast: Forecast;
  readonly signal: AbortSignal;
  emit(event: GuestEvent): void;
}

/** Results in the order of the guests; when interrupted, of those that were done before. Never throws for a guest's failure. */
export const runGuests = async (
  request: GuestsRequest,
): Promise<{
  readonly results: readonly GuestResult[];
  readonly interrupted: boolean;
  /** From the first guest's beginning to the last one's end. */
  readonly seconds: number;
}> => {
  const { host, guests, turns, signal } = request;
  const began = host.now();
  const gone = (): number => (host.now() - began) / 1000;
  const results = new Map<Guest, GuestResult>();
  const shared = new Gate();
  for (const [at, turn] of turns.entries()) {
    const waiting = [...turn.guests];
    const running = new Map<Guest, RunningGuest>();
    const left = (): number =>
      secondsUntilDone(
        [...running.values()].map((one) => one.left()),
        waiting.map((guest) => request.forecast.whole(request.accelerators[guest.architecture])),
        turn.atOnce,
      ) + request.forecast.ofTurns(turns.slice(at + 1), request.accelerators);
    const runOne = async (guest: Guest): Promise<void> => {
      const one = createRunning(request, guest);
      running.set(guest, one);
      const result = await measureOne(request, guest, one, shared, {
        stepped: (step) => {
          request.emit({ kind: "step", guest, step, gone: gone(), left: left() });
        },
        ticked: () => {
          const states = [...running.values()].map((other) => other.state());
          request.emit({ kind: "tick", running: states, gone: gone(), left: left() });
        },
      });
      running.delete(guest);
      if (result === undefined) return;
      results.set(guest, result);
      request.emit({ kind: "done", result });
    };
    const runNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift())
        await runOne(next);
    };
    await Promise.all(Array.from({ length: turn.atOnce }, runNext));
  }
  const inOrder = guests.flatMap((guest) => results.get(guest) ?? []);
  return { results: inOrder, interrupted: inOrder.length < guests.length, seconds: gone() };
};

/** Undefined: it was interrupted. */
const measureOne = async (
  request: GuestsRequest,
  guest: Guest,
  { clock, entered, said }: RunningGuest,
  shared: Gate,
  tell: { readonly stepped: (step: Step) => void; readonly ticked: () => void },
): Promise<GuestResult | undefined> => {
  const { host, keep, totalSeconds, signal } = request;
  const accelerator = request.accelerators[guest.architecture];
  const finish = (outcome: GuestOutcome, problems: readonly string[]): GuestResult => {
    clock.enter("destroy");
    return { guest, accelerator, outcome, problems, seconds: clock.gone(), steps: clock.steps() };
  };
  try {
    const settings = await request.settingsOf(guest);
    const { outcome, problems } = await runGuest({
      host,
      guest,
      settings,
      // In the lab each guest has a libvirt of its own.
      gate: settings.lab === undefined ? shared : new Gate(),
      keep,
      totalSeconds,
      signal,
      entered: (step) => {
        entered(step);
        tell.stepped(step);
      },
      tick: tell.ticked,
      said,
    });
    if (outcome !== undefined) return finish(outcome, problems);
    if (problems.length > 0) request.emit({ kind: "left", guest, problems });
    return undefined;
  } catch (error) {
    return signal.aborted ? undefined : finish(failedBy(clock.step(), error), []);
  }
};

/** What is known of a guest that runs. */
interface RunningGuest {
  readonly clock: StepClock;
  readonly entered: (step: Step) => void;
  readonly said: (progress: Progress) => void;
  state(): GuestState;
  /** A guess of the seconds that it still takes. */
  left(): number;
}

const createRunning = ({ host, accelerators, forecast }: GuestsRequest, guest: Guest): RunningGuest => {
  const accelerator = accelerators[guest.architecture];
  const clock = stepClock(host);
  let heard: { readonly progress: Progress; readonly at: number } | undefined;
  return {
    clock,
    entered: (step) => {
      const ended = clock.enter(step);
      heard = undefined;
      if (ended !== undefined) forecast.learn(accelerator, ended.step, ended.seconds);
    },
    said: (progress) => {
      heard = { progress, at: clock.inStep() };
    },
    state: () => ({ guest, step: clock.step(), progress: heard?.progress }),
    left: () => {
      const said = heard?.progress.left;
      const now = said === undefined ? undefined : said - (clock.inStep() - (heard?.at ?? 0));
      return forecast.left(accelerator, clock.step(), clock.inStep(), now);
    },
  };
};

type StepClock = ReturnType<typeof stepClock>;

const stepClock = (host: Host) => {
  let began: number | undefined;
  const took: Partial<Record<Step, number>> = {};
  let current: Step = "box";
  let since: number | undefined;
  return {
    step: () => current,
    inStep: () => (since === undefined ? 0 : (host.now() - since) / 1000),
    /** Since its first step began. */
    gone: () => (began === undefined ? 0 : (host.now() - began) / 1000),
    /** Ends the current step and returns how long it took; undefined when there was none. */
    enter: (step: Step) => {
      const ended = since === undefined ? undefined : { step: current, seconds: (host.now() - since) / 1000 };
      if (ended !== undefined) took[ended.step] = (took[ended.step] ?? 0) + ended.seconds;
      current = step;
      since = host.now();
      began ??= since;
      return ended;
    },
    steps: () => took,
  };
};
