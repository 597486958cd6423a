/** Which nodes are benched: drawn at random within each kind, the same again from the same seed. */
import { createHash } from "node:crypto";
import { createRng } from "../../domain/random.ts";

/**
 * A number of its own for each kind, so that nodes of another kind that come or go change no draw of this one. `seed` is recorded with the
 * bench.
 */
const seedOf = (seed: number, stratum: string): number =>
  createHash("sha256").update(`${seed}\n${stratum}`).digest().readUInt32BE();

/** Whole and unbiased: what lies above the largest multiple of `below` is drawn again. */
const drawn = (next: () => number, below: number): number => {
  const limit = 2 ** 32 - (2 ** 32 % below);
  for (;;) {
    const number = next();
    if (number < limit) return number % below;
  }
};

/** `count` of the names, or all where there are no more; in the order in which they were drawn. */
export const draw = (
  names: readonly string[],
  count: number,
  seed: number,
  stratum: string,
): readonly string[] => {
  const next = createRng(seedOf(seed, stratum));
  // Whatever the order in which the cluster lists them.
  const left = names.toSorted((a, b) => (a < b ? -1 : 1));
  const chosen: string[] = [];
  while (chosen.length < count && left.length > 0) {
    const [name = ""] = left.splice(drawn(next, left.length), 1);
    chosen.push(name);
  }
  return chosen;
};
