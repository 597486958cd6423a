/** A seeded generator (sfc32) for the order of things: the same seed gives the same plan on every machine. */

/** Whole numbers from 0 up to, not including, `bound`. */
export type PickBelow = (bound: number) => number;

export const seededPick = (seed: number): PickBelow => {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let warm = 0; warm < 15; warm++) next();
  return (bound) => Math.floor((next() / 2 ** 32) * bound);
};

/** A shuffled copy (Fisher-Yates). */
export const shuffled = <T>(items: readonly T[], pick: PickBelow): T[] => {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = pick(last + 1);
    const moved = result[last];
    const taken = result[other];
    if (moved !== undefined && taken !== undefined) {
      result[last] = taken;
      result[other] = moved;
    }
  }
  return result;
};
