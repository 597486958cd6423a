/** What an agent does under rising load, in words: where it begins to drop, what it holds, and which setting helps. */
import type { Burst, Knee, KnobFinding, KnownKnee, LoadRow, LoadStep } from "../../domain/under-load.ts";
import { count, counted, figure, percent } from "./figures.ts";

/** Three digits are more than an interval leaves certain. */
export const rate = (perSecond: number): string => count(Number(perSecond.toPrecision(3)));

export const kneeText = ({ value, low, high }: Knee): string =>
  value === null
    ? `at least ${rate(low)}/s`
    : `${rate(value)}/s [${rate(low)}, ${high === null ? "beyond what the workload can do" : rate(high)}]`;

export const burstText = ({ held, overflowed }: Burst): string => {
  if (overflowed === null) return `at least ${count(held)}`;
  return held === 0 ? `fewer than ${count(overflowed)}` : `${count(held)} to ${count(overflowed)}`;
};

const seconds = (ms: number): string => figure(Math.round(ms / 100) / 10);

export const recoveryText = ({ recovery }: Pick<LoadRow, "recovery">): string => {
  if (recovery === null) return "not tried";
  const { steadyMs, watchedMs } = recovery;
  return steadyMs === null ? `not within ${seconds(watchedMs)} s` : `${seconds(steadyMs)} s`;
};

/** Of what an overload delivers, against the knee. */
export const MIN_KEPT = 0.9;

export const overloadText = ({ overload }: Pick<LoadRow, "overload">): string => {
  if (overload === null) return "not tried";
  const delivered = `${rate(overload.deliveredPerSecond)}/s`;
  if (overload.ofKnee === null) return delivered;
  return overload.ofKnee < MIN_KEPT
    ? `collapses: ${delivered}, ${percent(Number(overload.ofKnee.toPrecision(2)))} of the knee`
    : `${delivered}, no collapse`;
};

export const confirmationText = ({ hold, exceed }: Pick<LoadRow, "hold" | "exceed">): string => {
  if (hold === null) return "not tried";
  const held = `${rate(hold.rate)}/s ${hold.asExpected ? "holds" : `does not hold (${percent(hold.bad)} bad)`}`;
  if (exceed === null) return held;
  const beyond = exceed.asExpected ? `does not (${percent(exceed.bad)} bad)` : "holds as well";
  return `${held}, ${rate(exceed.rate)}/s ${beyond}`;
};

export const stepTitle = (at: LoadStep["at"]): string => {
  switch (at) {
    case "fixed":
      return "at fixed rates";
    case "below":
      return "below the knee";
    case "at":
      return "at the knee";
    case "above":
      return "above the knee";
    case "flood":
      return "overload of 5 s";
    case "flat-out":
      return "as fast as it goes";
  }
};

/** "Which knob fixes my drops?" */
export const knobText = (finding: KnobFinding): string => {
  const { agent, scenario, name, tried, moves } = finding;
  const values = tried.map(({ value }) => value).join(", ");
  const knees = tried.map(({ knee }) => (knee === null ? "not measured" : kneeText(knee))).join("; ");
  const bursts = tried.map(({ burst }) => (burst === null ? "not measured" : burstText(burst))).join("; ");
  return `${agent}, ${scenario}: ${answerText(moves, name)}. ${name} of ${values}: largest burst without loss ${bursts}; knee ${knees}`;
};

const answerText = (moves: KnobFinding["moves"], name: string): string => {
  switch (moves) {
    case "bursts":
      return `a larger ${name} holds longer bursts and does nothing for a steady load: drops that last are drops for want of CPU, or of fewer events`;
    case "bursts-at-least":
      return `a larger ${name} holds longer bursts; whether it carries a higher steady rate is not known`;
    case "both":
      return `a larger ${name} holds longer bursts and carries a higher steady rate`;
    case "knee":
      return `a larger ${name} carries a higher steady rate`;
    case "neither":
      return `${name} fixes no drops: neither the largest burst nor the knee moves with it, so only more CPU or fewer events will`;
    case "unknown":
      return `whether ${name} helps is not known: nothing overflowed, or what did is known too roughly`;
  }
};

/** What was found of a knee that is known. */
export const knownText = ({ agent, scenario, perSecond, waiting, knee, burst }: KnownKnee): string => {
  const truth = `${agent}, ${scenario}: drops beyond ${rate(perSecond)}/s, and ${counted(waiting, "event")} may wait in it`;
  const found = knee === null ? "no knee was found" : `found ${kneeText(knee)}`;
  const wrong = knee === null || !isWithin(knee, perSecond) ? ": the interval does not hold it" : "";
  return `${truth}; ${found}${wrong}${burst === null ? "" : `, bursts without loss of ${burstText(burst)}`}`;
};

export const isWithin = ({ value, low, high }: Knee, truth: number): boolean =>
  low <= truth && (value === null || high === null || truth <= high);
