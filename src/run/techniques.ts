/** How many operations of each kind there were, and which of them an agent is asked for. */
import type { TechniqueReading } from "../domain/record.ts";
import type { View } from "../domain/scenario.ts";
import { missing, value } from "../domain/units.ts";

/** Operations numbered from 0 up to, not including, `operations` that are of the kind with this place in turn. */
const ofTechnique = (operations: number, place: number, count: number): number =>
  Math.floor((operations - place - 1) / count) + 1;

/** Of all operations, those that the agent is asked for. */
export const askedOperations = (view: View, operations: number): number =>
  view.techniques === undefined
    ? operations
    : view.techniques.reduce(
        (sum, { asked }, place, { length }) => sum + (asked ? ofTechnique(operations, place, length) : 0),
        0,
      );

/** `byTechnique` is what was delivered of each, in the same order. */
export const techniqueReadings = (
  techniques: NonNullable<View["techniques"]>,
  operations: number,
  byTechnique: readonly number[],
  agent: string,
): readonly TechniqueReading[] =>
  techniques.map(({ id, asked }, place) => ({
    kind: id,
    operations: ofTechnique(operations, place, techniques.length),
    delivered: asked ? value(byTechnique[place] ?? 0) : missing(`${agent} does not observe it by design`),
  }));
