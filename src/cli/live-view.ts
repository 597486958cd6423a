/**
 * Progress of a run: where it is, how long it will take, how quiet the node is. It never shows an effect: a view that does
 * tempts its reader to stop at a pleasant moment.
 */
import type { Plan, Trial } from "../domain/plan.ts";
import { loadName } from "../domain/scenario.ts";
import { createTimeLeft } from "../plan/time-left.ts";
import { sizeText } from "../report/words/growth.ts";
import type { SessionEvent } from "../session/session.ts";
import { BETWEEN, type Screen } from "./screen.ts";

type RunEvent = Extract<SessionEvent, { readonly kind: "progress" }>["event"];

export const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Attempts that the noise light looks back on, and how many of them may have been disturbed before it changes. */
const LIGHT_ATTEMPTS = 12;
const LIGHT_NOISY = 4;

/** How quiet the node was lately, by the readings that decide whether a trial is done again; undefined before the first, and in a log. */
const noiseLight = (screen: Screen, disturbed: readonly boolean[]): string | undefined => {
  if (disturbed.length === 0 || !screen.isLive) return undefined;
  const count = disturbed.filter(Boolean).length;
  if (count === 0) return screen.style("green", "● quiet");
  return count < LIGHT_NOISY ? screen.style("yellow", "● restless") : screen.style("red", "● noisy");
};

const besideText = ({ beside, scale }: Trial): string => {
  if (scale !== undefined) return `, ${sizeText(scale)}`;
  if (beside === undefined) return "";
  return beside.storm === undefined ? ", alone" : `, beside a storm (${beside.setting})`;
};

export const createLiveView = (
  screen: Screen,
  plan: Plan,
  emulated: boolean,
  now: () => number,
  patience = 1,
): ((event: RunEvent) => void) => {
  const began = now();
  const timeLeft = createTimeLeft(plan, emulated, now, patience);
  let block = 0;
  let firstBlock: number | undefined;
  let what = "";
  /** What a failure that is told now is a failure of. */
  let doing = "";
  /** Which start under rising load it is, or which window second by second; undefined before the first. */
  let afterwards: string | undefined;
  let failed = 0;
  let redone = 0;
  let disturbed: readonly boolean[] = [];

  const show = (): void => {
    const parts = [
      ...(afterwards === undefined
        ? plan.blocks.length === 0
          ? []
          : [`block ${block + 1} of ${plan.blocks.length}`]
        : [afterwards]),
      `${clock(timeLeft.ms())} left`,
      ...[noiseLight(screen, disturbed)].flatMap((light) => light ?? []),
      ...(redone > 0 ? [`${redone} done again`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ];
    screen.progress(parts.join(BETWEEN), what);
  };
  return (event) => {
    switch (event.kind) {
      case "block":
        firstBlock ??= event.block;
        if (event.block > firstBlock)
          screen.info(`block ${event.block} of ${plan.blocks.length} done, ${clock(now() - began)} elapsed`);
        block = event.block;
        timeLeft.beginBlock(block);
        break;
      case "turn":
        if (event.step === "start") timeLeft.beginTurn(event.turn);
        what = `${event.turn.agent}: ${event.step}`;
        // It is stopped whatever failed, and only then is that told.
        if (event.step !== "stop") doing = what;
        break;
      case "trial":
        timeLeft.beginTrial(event.trial);
        what = `${event.agent}: ${event.trial.scenario} ${loadName(event.trial.load)}${besideText(event.trial)}`;
        doing = what;
        break;
      case "trial-done":
        if (event.outcome === "failed") {
          failed++;
          screen.warn(`${doing}: ${event.message ?? "failed"}`);
        }
        if (event.outcome === "rejected") redone++;
        if (event.outcome === "measured" || event.outcome === "rejected")
          disturbed = [...disturbed, event.outcome === "rejected"].slice(-LIGHT_ATTEMPTS);
        break;
      case "overflow":
        what = `overflow: ${event.agent} by ${event.scenario}`;
        break;
      case "load": {
        const { turn, step } = event;
        timeLeft.beginLoad(turn);
        const starts = plan.load ?? [];
        afterwards = `start ${starts.findIndex(({ id }) => id === turn.id) + 1} of ${starts.length}`;
        what = `${turn.agent} by ${turn.scenario}: ${step}`;
        break;
      }
      case "coverage":
        what = `coverage: ${event.agent}`;
        break;
      case "watch": {
        timeLeft.beginWatch(event.turn);
        const windows = (plan.watches ?? []).flatMap(({ turns }) => turns);
        afterwards = `window ${windows.findIndex(({ id }) => id === event.turn.id) + 1} of ${windows.length}`;
        what = `${event.turn.scenario}: ${event.turn.agent}, ${event.turn.seconds + event.turn.afterSeconds} s`;
        break;
      }
      case "problem":
        screen.warn(event.message);
        break;
    }
    show();
  };
};
