/** The same finding from fewer bytes. */
import { attempt, type Finding } from "./attempt.ts";
import type { Target } from "./target.ts";

const MAX_TRIES = 400;

export const shrink = async (target: Target, input: Buffer, { kind, place }: Finding): Promise<Buffer> => {
  // What takes long takes long to shrink.
  if (kind === "hang") return input;
  let smallest = input;
  let tries = 0;
  for (let length = input.length >> 1; length > 0 && tries < MAX_TRIES; length >>= 1) {
    for (let from = 0; from < smallest.length && tries < MAX_TRIES;) {
      const without = Buffer.concat([smallest.subarray(0, from), smallest.subarray(from + length)]);
      tries += 1;
      if ((await attempt(target, without))?.place === place) smallest = without;
      else from += length;
    }
  }
  return smallest;
};
