/** Ids for trials that are done again: from the far end of the range that the plan numbers from the near end. */

const LAST = 0xffe;
const DIGITS: readonly string[] = "edcba987654321".split("");

/**
 * Each call gives an id that was never given before. `taken`: ids already used in the turn; the new one ends in another
 * digit than all of them where possible, because a network token has room for that digit only.
 */
export const createRetryIds = (): ((taken: readonly string[]) => string) => {
  const given = new Set<string>();
  return (taken) => {
    const digits = new Set(taken.map((id) => id.at(-1)));
    const order = DIGITS.toSorted((a, b) => Number(digits.has(a)) - Number(digits.has(b)));
    for (let upper = LAST; upper >= 0; upper--) {
      for (const digit of order) {
        const id = upper.toString(16).padStart(3, "0") + digit;
        if (given.has(id) || digits.has(digit) !== digits.has(order[0] ?? "")) continue;
        given.add(id);
        return id;
      }
    }
    throw new RangeError("no trial id is left");
  };
};
