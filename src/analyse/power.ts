/** What a number of blocks can find, and how many blocks a question needs. Both from the spread alone, never from the effect's sign. */
import { tQuantile } from "./distributions.ts";
import { MIN_BLOCKS } from "./interval.ts";

const POWER = 0.8;
/** Error in each tail of a two-sided 5 % test. */
const TWO_SIDED = 0.025;
/** Beyond this no one waits for the answer. */
export const MAX_BLOCKS = 100_000;

/**
 * The smallest true cost that `n` >= 2 blocks of this spread find with 80 % power in a two-sided 5 % test; in the unit of `deviation`.
 * The t-based form of 2.8 * deviation / sqrt(n), to which it tends.
 */
export const minimalDetectable = (deviation: number, n: number): number => findable(deviation, n, TWO_SIDED);

const findable = (deviation: number, n: number, alpha: number): number =>
  quantiles(n, alpha) * (deviation / Math.sqrt(n));

const quantiles = (n: number, alpha: number): number => tQuantile(1 - alpha, n - 1) + tQuantile(POWER, n - 1);

/** The smallest whole number up to `MAX_BLOCKS` that is enough; null where none is. */
export const leastEnough = (enough: (n: number) => boolean): number | null => {
  if (!enough(MAX_BLOCKS)) return null;
  let [low, high] = [1, MAX_BLOCKS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
};

/**
 * Blocks after which a one-sided bound at `alpha` lies, with 80 % probability, on the near side of a limit that is `gap` away from the
 * mean; null where no number of blocks in reach would do.
 */
export const blocksFor = (deviation: number, gap: number, alpha: number): number | null =>
  gap > 0 ? leastEnough((n) => findable(deviation, n, alpha) <= gap) : null;

/** Blocks whose smallest detectable cost is `cost`, when `blocks` have `detectable`; at least 10, below which there is no interval. */
export const blocksForCost = (detectable: number, blocks: number, cost: number): number | null => {
  if (blocks < 2) return null;
  const deviation = (detectable * Math.sqrt(blocks)) / quantiles(blocks, TWO_SIDED);
  const needed = blocksFor(deviation, cost, TWO_SIDED);
  return needed === null ? null : Math.max(MIN_BLOCKS, needed);
};
