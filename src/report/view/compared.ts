/** Finds what belongs together in a comparison. */
import { comparableOf, keyOf, type Comparable } from "../../domain/condition.ts";
import type { ComparedFigure, Comparison, Side } from "../../domain/comparison.ts";
import type { RunView } from "../../domain/run-view.ts";
import { calibrationIds, groupsBy, sensorsOnly } from "../select.ts";

/** The comparison without calibration agents, which are no sensors; what they showed stays in each side's self-checks. */
export const sensorsOfSides = (comparison: Comparison): Comparison => {
  const calibrations = new Set(comparison.sides.flatMap(({ view }) => [...calibrationIds(view)]));
  const isSensor = ({ agent }: { readonly agent: string }): boolean => !calibrations.has(agent);
  return {
    ...comparison,
    sides: comparison.sides.map((side): Side => ({ ...side, view: sensorsOnly(side.view) })),
    varies: comparison.varies.filter(({ key }) => !calibrations.has(key)),
    figures: comparison.figures.filter(isSensor),
    losses: comparison.losses.filter(isSensor),
  };
};

/** The agents of all sides, so that an agent has one colour and one place for all of them. */
export const mergedAgents = ({ sides }: Comparison): Pick<RunView, "agents"> => {
  const all = sides.flatMap(({ view }) => view.agents);
  const byId = Map.groupBy(all, ({ id }) => id);
  return {
    agents: [...byId.values()].flatMap(
      (same) => same.find(({ status }) => status === "measured") ?? same[0] ?? [],
    ),
  };
};

export interface ComparedGroup extends Comparable {
  readonly figures: readonly ComparedFigure[];
}

export const comparedGroups = ({ figures }: Comparison): readonly ComparedGroup[] =>
  groupsBy(figures, (one) => keyOf(comparableOf(one))).map((members) => ({
    ...comparableOf(members[0]),
    figures: members,
  }));
