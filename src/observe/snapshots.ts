/** What a driver read of the kernel's files straight before the window, straight after it, and when the agent was at rest again. */
import type { BoundarySnapshot, DrainedSnapshot } from "../domain/driver.ts";
import { missing, type Reading, rise, value } from "../domain/units.ts";

/** Of a counter that only goes up. */
export const increase = (
  snapshots: readonly BoundarySnapshot[],
  path: string,
  parse: (text: string) => number | undefined,
): Reading<number> => {
  const snapshot = snapshots.find((candidate) => candidate.path === path);
  if (snapshot === undefined) return missing(`${path} was not read`);
  if ("error" in snapshot) return missing(`${path}: ${snapshot.error}`);
  const before = parse(snapshot.before);
  const after = parse(snapshot.after);
  return before === undefined || after === undefined
    ? missing(`${path}: unexpected content`)
    : rise(value(after), value(before), path);
};

/** From the window's end to the third reading. */
export const sinceWindow = (
  snapshots: readonly BoundarySnapshot[],
  drained: readonly DrainedSnapshot[],
): readonly BoundarySnapshot[] => {
  const later = new Map(drained.map((snapshot) => [snapshot.path, snapshot]));
  return snapshots.flatMap((snapshot): readonly BoundarySnapshot[] => {
    const then = later.get(snapshot.path);
    if ("error" in snapshot) return [snapshot];
    if (then === undefined) return [];
    return "error" in then ? [then] : [{ path: snapshot.path, before: snapshot.after, after: then.text }];
  });
};
