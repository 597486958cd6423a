/** How many operations of each kind there were, and which of them an agent is asked for. */
import type { KindReading } from "../domain/record.ts";
import type { View } from "../domain/scenario.ts";
import { missing, value } from "../domain/units.ts";

/** Operations numbered from 0 up to, not including, `operations` that are of the kind with this place in turn. */
const ofKind = (operations: number, place: number, count: number): number =>
  Math.floor((operations - place - 1) / count) + 1;

/** Of all operations, those that the agent is asked for. */
export const askedOperations = (view: View, operations: number): number =>
  view.kinds === undefined
    ? operations
    : view.kinds.reduce(
        (sum, { asked }, place, { length }) => sum + (asked ? ofKind(operations, place, length) : 0),
        0,
      );

/** `byKind` is what was delivered of each, in the same order. */
export const kindReadings = (
  kinds: NonNullable<View["kinds"]>,
  operations: number,
  byKind: readonly number[],
  agent: string,
): readonly KindReading[] =>
  kinds.map(({ id, asked }, place) => ({
    kind: id,
    operations: ofKind(operations, place, kinds.length),
    delivered: asked ? value(byKind[place] ?? 0) : missing(`${agent} does not observe it by design`),
  }));
