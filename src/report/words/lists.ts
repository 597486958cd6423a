/** Names in a sentence. */

/** "a, b and c". */
export const list = (items: readonly string[]): string =>
  items.length <= 1 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;

const NAMED = 3;

/** "a, b, c and 2 more"; never "and 1 more". */
export const listShort = (items: readonly string[], all = list): string =>
  items.length <= NAMED + 1
    ? all(items)
    : `${items.slice(0, NAMED).join(", ")} and ${items.length - NAMED} more`;

/** The same, without "and" before the last of all. */
export const namesShort = (items: readonly string[]): string => listShort(items, (all) => all.join(", "));
