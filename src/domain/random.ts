/**
 * A seeded generator (xoshiro128**, Blackman and Vigna 2018): the same seed gives the same plan and the same analysis on every machine.
 * Not for secrets.
 */

/** The next whole number, uniform from 0 up to, not including, 2^32. */
export type NextUint32 = () => number;

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Spreads one 32-bit seed over the generator's state (splitmix32), which must not be all zero. */
const splitmix = (seed: number): NextUint32 => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
};

/** `seed`: a whole number; its lower 32 bits count. */
export const createRng = (seed: number): NextUint32 => {
  const fill = splitmix(seed);
  return fromState([fill(), fill(), fill(), fill()]);
};

/** From the four words of state themselves, of which at least one must not be 0: for comparison with the published reference. */
export const fromState = (state: readonly [number, number, number, number]): NextUint32 => {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
};

/** A number in [0, 1). */
export const toUnit = (uint32: number): number => uint32 / 2 ** 32;
