/** The line through what a loop of known length took. */
import type { KnownLoop } from "../domain/counting.ts";
import { TareError } from "../domain/errors.ts";
import type { SaidBoot } from "./serial.ts";

/** Reading the clock takes as long each time: it is the line's height at 0 and not part of its slope. */
export const fitLoop = ({ instructions, points }: SaidBoot["loop"]): KnownLoop => {
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(([turns]) => turns), mean(([, took]) => took)];
  const slope = mean(([turns, took]) => (turns - x) * (took - y)) / mean(([turns]) => (turns - x) ** 2);
  const residual = Math.max(...points.map(([turns, took]) => Math.abs(took - y - slope * (turns - x))));
  return { instructions, points: [...points], slope, residual };
};

/** What a turn of the loop may differ from what it is known to take. */
const MAX_OFF = 0.001;

/** @throws TareError `host-unfit` where the guest's clock does not count instructions */
export const refuseOtherClock = ({ instructions, slope }: KnownLoop): void => {
  if (Math.abs(slope / instructions - 1) <= MAX_OFF) return;
  throw new TareError(
    "host-unfit",
    `the guest's clock does not count instructions: a turn of ${instructions} took ${slope.toPrecision(6)} of its nanoseconds`,
    "is that QEMU's own TCG, of version 10 or newer?",
  );
};
