/** How many operations of each technique there were, and for which of them an agent is asked. */
import type { Agent } from "../domain/agent.ts";
import type { TechniqueReading } from "../domain/trial-outcome.ts";
import type { View } from "../domain/scenario.ts";
import { missing, value } from "../domain/units.ts";

/** Operations numbered from 0 up to, not including, `operations` that are of the technique with this index. */
const ofTechnique = (operations: number, index: number, count: number): number =>
  Math.floor((operations - index - 1) / count) + 1;

export const askedOperations = (view: View, operations: number): number =>
  view.techniques === undefined
    ? operations
    : view.techniques.reduce(
        (sum, { asked }, index, { length }) => sum + (asked ? ofTechnique(operations, index, length) : 0),
        0,
      );

/** `byTechnique` is what was delivered of each, in the same order. */
export const techniqueReadings = (
  techniques: NonNullable<View["techniques"]>,
  operations: number,
  byTechnique: readonly number[],
  { agent, unseenKinds }: { readonly agent: Pick<Agent, "id">; readonly unseenKinds: readonly string[] },
): readonly TechniqueReading[] =>
  techniques.map(({ id, asked }, index) => ({
    kind: id,
    operations: ofTechnique(operations, index, techniques.length),
    delivered: asked ? value(byTechnique[index] ?? 0) : missing(whyNot(agent.id, unseenKinds.includes(id))),
  }));

const whyNot = (agent: string, isUnseen: boolean): string =>
  isUnseen
    ? `not counted: no output of ${agent} told of this kind of operation`
    : `${agent} does not observe it by design`;
