/** Where a run, or the clone that it comes from, lies on its node is nothing that a record is about. */
export type NamedPath = readonly [path: string, name: string];

/** In the order of the places: a folder before those that hold it. */
export const withoutPaths = (text: string, places: readonly NamedPath[]): string =>
  places.reduce((changed, [path, name]) => changed.replaceAll(path, name), text);
