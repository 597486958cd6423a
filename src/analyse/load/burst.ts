/** The largest burst that an agent holds, by bursts of different sizes after a pause. */
import type { Burst, Criterion, Probe } from "../../domain/under-load.ts";
import { lostIn, quantileNs, raisedRate } from "./probes.ts";

/** One that blocks loses nothing: its buffer is full once operations take so many times longer. */
const WAITING = 2;

const overflows = (burst: Probe, smallest: Probe, criterion: Criterion): boolean => {
  switch (criterion) {
    case "loss":
      return lostIn(burst) > 0;
    case "response":
      return quantileNs(burst.latency, 0.99) > WAITING * quantileNs(smallest.latency, 0.99);
  }
};

/** Undefined where none was tried. A larger burst that fitted by luck does not count. */
export const burstOf = (probes: readonly Probe[], criterion: Criterion): Burst | undefined => {
  const bursts = probes
    .filter(({ kind }) => kind === "burst")
    .toSorted((a, b) => a.operations - b.operations);
  const [smallest] = bursts;
  if (smallest === undefined) return undefined;
  const first = bursts.findIndex((burst) => overflows(burst, smallest, criterion));
  const held = first < 0 ? bursts.at(-1) : bursts[first - 1];
  const overflowed = first < 0 ? undefined : bursts[first];
  return {
    held: held?.operations ?? 0,
    overflowed: overflowed?.operations ?? null,
    ratePerSecond: raisedRate(held ?? smallest),
  };
};

const SMALLEST = 500;
const GROWTH = 4;
/** Upper over lower bound that is near enough. */
const NEAR = 1.5;

/** How large the next burst is to be; undefined: the largest that fits is known well enough, or `most` was held. */
export const nextBurst = (
  probes: readonly Probe[],
  criterion: Criterion,
  most: number,
): number | undefined => {
  const known = burstOf(probes, criterion);
  if (known === undefined) return Math.min(SMALLEST, most);
  const { held, overflowed } = known;
  if (overflowed === null) return held >= most ? undefined : Math.min(most, held * GROWTH);
  if (held === 0 || overflowed <= NEAR * held) return undefined;
  return Math.round(Math.sqrt(held * overflowed));
};
