/** Groups in the order of their first members; none is empty. */
export const groupsBy = <T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): readonly (readonly [T, ...T[]])[] =>
  [...Map.groupBy(items, nameOf).values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [[first, ...rest] as const],
  );
