/** Leaves out marks of a series that is too long to be drawn mark by mark, and keeps what a reader looks for in it. */

/**
 * The lowest and the highest of each of so many stretches that at most `most` are left, in their order: a burst stays, whatever lies between the
 * two ends of its stretch goes.
 */
export const downsample = <T>(
  items: readonly T[],
  most: number,
  valueOf: (item: T) => number,
): readonly T[] => {
  if (items.length <= most) return items;
  const size = Math.ceil(items.length / Math.max(1, Math.floor(most / 2)));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  ).flatMap((stretch) => {
    const values = stretch.map(valueOf);
    const ends = new Set([Math.min(...values), Math.max(...values)].map((end) => values.indexOf(end)));
    return stretch.filter((_, index) => ends.has(index));
  });
};
