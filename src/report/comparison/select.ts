/** Finds what belongs together in a comparison. */
import type { ComparedFigure, ComparedLoss, Comparison, Side } from "../../domain/comparison.ts";
import { isCalibration } from "../../domain/plan.ts";
import type { MetricId } from "../../domain/units.ts";
import type { Summary } from "../../domain/verdict.ts";
import type { Group } from "../select.ts";
import { sensorsOnly } from "../select.ts";

/** The comparison without calibration agents, which are no sensors; what they showed stays in each side's trust. */
export const sensorsOfSides = (comparison: Comparison): Comparison => {
  const isSensor = ({ agent }: { readonly agent: string }): boolean => !isCalibration(agent);
  return {
    ...comparison,
    sides: comparison.sides.map((side): Side => ({ ...side, summary: sensorsOnly(side.summary) })),
    varies: comparison.varies.filter(({ key }) => !isCalibration(key)),
    figures: comparison.figures.filter(isSensor),
    losses: comparison.losses.filter(isSensor),
    pools: comparison.pools.map((pool) => ({
      ...pool,
      distributions: pool.distributions.filter(isSensor),
    })),
  };
};

/** The first side's summary with the agents of all sides, so that an agent has one colour and one place for all of them. */
export const mergedAgents = ({ sides }: Comparison): Summary => {
  const [first] = sides;
  if (first === undefined) throw new RangeError("a comparison of no records");
  const all = sides.flatMap(({ summary }) => summary.agents);
  const ids = [...new Set(all.map(({ id }) => id))];
  const agents = ids.flatMap((id) => {
    const found =
      all.find((agent) => agent.id === id && agent.status === "measured") ??
      all.find((agent) => agent.id === id);
    return found === undefined ? [] : [found];
  });
  return { ...first.summary, agents };
};

export interface ComparedGroup extends Omit<Group, "estimates"> {
  readonly figures: readonly ComparedFigure[];
}

export const comparedGroups = ({ figures }: Comparison): readonly ComparedGroup[] => {
  const groups = Map.groupBy(figures, ({ scenario, operation, load, placement }) =>
    JSON.stringify([scenario, operation, load, placement]),
  );
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { scenario, operation, load, placement } = first;
    return [{ scenario, operation, load, placement, figures: members }];
  });
};

/** A metric's rows in a group, one an agent. */
export const figuresOfMetric = (group: ComparedGroup, metric: MetricId): readonly ComparedFigure[] =>
  group.figures.filter((figure) => figure.metric === metric);

/** Where every side kept all its events there is nothing to look at. */
export const isLossless = ({ rows }: ComparedLoss): boolean =>
  rows.every((row) => row === null || row.delivered >= row.operations);
