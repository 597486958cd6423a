/** What a number of blocks can find, and how many blocks a question needs. Both from the spread alone, never from the effect's sign. */
import { tQuantile } from "./distributions.ts";
import { MIN_BLOCKS } from "./interval.ts";
import { type Mean, degreesAt } from "./mean.ts";

const POWER = 0.8;
/** Error in each tail of a two-sided 5 % test. */
const TWO_SIDED = 0.025;
/** A run of this many would take days: the answer is then "no number in reach". */
export const MAX_BLOCKS = 10_000;

/**
 * The smallest true cost that as many blocks of this spread find with 80 % power in a two-sided 5 % test, in the unit of the mean. The
 * t-based form of 2.8 * deviation / sqrt(n), to which it tends.
 */
export const minimalDetectable = ({ deviation, degrees, n }: Spread): number =>
  findable(deviation, n, degrees, TWO_SIDED);

type Spread = Pick<Mean, "deviation" | "degrees" | "n">;

const findable = (deviation: number, n: number, degrees: number, alpha: number): number =>
  (tQuantile(1 - alpha, degrees) + tQuantile(POWER, degrees)) * (deviation / Math.sqrt(n));

/** The smallest whole number from `MIN_BLOCKS` to `MAX_BLOCKS` that is enough; null where none is. */
export const leastEnough = (enough: (n: number) => boolean): number | null => {
  if (!enough(MAX_BLOCKS)) return null;
  let [low, high] = [MIN_BLOCKS - 1, MAX_BLOCKS];
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
export const blocksFor = (mean: Mean, gap: number, alpha: number): number | null =>
  gap > 0 ? leastEnough((n) => findable(mean.deviation, n, degreesAt(mean, n), alpha) <= gap) : null;

/** Blocks whose smallest detectable cost is `cost`, when `blocks` have `detectable`. */
export const blocksForCost = (detectable: number, blocks: number, cost: number): number | null => {
  if (blocks < 2) return null;
  const deviation = detectable / findable(1, blocks, blocks - 1, TWO_SIDED);
  return cost > 0 ? leastEnough((n) => findable(deviation, n, n - 1, TWO_SIDED) <= cost) : null;
};
