/** The two fixed loops around the window, as in `driver/reference-loop.c`. */
import { monotonicNs } from "./clock.ts";

const SPIN_ITERATIONS = 125_000;
const SYSCALLS = 600;
/** The fastest of these counts: it tells how fast the CPU is, not whether something was scheduled in between. */
const ROUNDS = 8;

export interface ReferenceLoops {
  readonly spinNs: number;
  readonly syscallNs: number;
}

export const runReferenceLoops = (): ReferenceLoops => ({ spinNs: timed(spin), syscallNs: timed(syscalls) });

const timed = (loop: () => number): number => {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = monotonicNs();
    result = loop();
    best = Math.min(best, monotonicNs() - start);
  }
  return best;
};

/** Read by nobody; written so that the compiler cannot leave a loop out. */
export let result = 0;

const spin = (): number => {
  let value = 1;
  for (let i = 0; i < SPIN_ITERATIONS; i += 1) value = (Math.imul(value, 1664525) + 1013904223) | 0;
  return value;
};

/** `process.ppid` asks the kernel each time it is read. */
const syscalls = (): number => {
  let value = 0;
  for (let i = 0; i < SYSCALLS; i += 1) value ^= process.ppid;
  return value;
};
