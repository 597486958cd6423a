/**
 * How an agent's costs grow with the node: each size has its own baselines, and all sizes are in every block.
 *
 *     trials of a size -> costs by block, against the baselines of that size
 *                      -> the largest size less the smallest, by block -> mean with its t interval
 */
import { median } from "simple-statistics";
import { comparableOf, type Condition, keyOf } from "../domain/condition.ts";
import type { Growth, GrowthRow, GrowthStep } from "../domain/growth.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Interval } from "../domain/reason.ts";
import type { TurnLine } from "../domain/record.ts";
import type { ScaleAxis, ScalePoint } from "../domain/scale.ts";
import { DECIDING_METRIC, known, type MetricId } from "../domain/units.ts";
import { type AllCollected, collect } from "./collect.ts";
import { type EffectiveRecord, type MeasuredTrial, isMeasured } from "./effective-record.ts";
import { candidatesOf } from "./estimate.ts";
import { groupsBy } from "./groups.ts";
import { holm } from "./holm.ts";
import { MIN_BLOCKS, summarise } from "./interval.ts";
import { pAbove, plainMean } from "./mean.ts";
import { sampleOf } from "./sample.ts";

type ScaledTrial = MeasuredTrial & { readonly scale: ScalePoint };
type ByBlock = ReadonlyMap<number, number>;

const isScaled = (trial: MeasuredTrial): trial is ScaledTrial => trial.scale !== undefined;

const FIGURES = ["cost", "own", "start"] as const;
type FigureName = (typeof FIGURES)[number];

/** By axis, then by agent, as the header has them. */
export const growthRows = (record: EffectiveRecord): readonly GrowthRow[] => {
  const trials = record.besides.filter(isMeasured).filter(isScaled);
  const opened = groupsBy(trials, ({ scale }) => scale.axis).flatMap((ofAxis) => {
    const sizes = groupsBy(ofAxis, ({ scale }) => String(scale.at))
      .toSorted(([a], [b]) => a.scale.at - b.scale.at)
      .map((ofSize) => sizeOf(record, ofSize));
    const conditions = groupsBy(
      sizes.flatMap(({ conditions }) => conditions),
      keyOf,
    ).map(([first]) => first);
    const placeOf = ({ agent }: Condition): number =>
      record.header.agents.findIndex(({ id }) => id === agent);
    return conditions
      .toSorted((a, b) => placeOf(a) - placeOf(b))
      .map((at) => open(ofAxis[0].scale.axis, at, sizes));
  });
  const tested = opened.flatMap(({ differences }) =>
    FIGURES.flatMap((figure) => {
      const values = [...(differences[figure]?.values() ?? [])];
      return values.length < MIN_BLOCKS
        ? []
        : [{ of: differences[figure], mean: plainMean(sampleOf(values)) }];
    }),
  );
  // Neither direction was expected before it was seen: both tails count.
  const decisions = holm(
    tested.map(({ mean }) => Math.min(1, 2 * Math.min(pAbove(mean, 0), 1 - pAbove(mean, 0)))),
  );
  const known = new Map(tested.map(({ of }, index) => [of, decisions[index]?.rejected ?? null]));
  const growthOf = (byBlock: ByBlock | undefined): Growth | null => {
    const difference = byBlock === undefined ? null : meanOf(byBlock);
    return difference === null ? null : { difference, known: known.get(byBlock) ?? null };
  };
  return opened.map(({ row, differences: { cost, own, start } }) => ({
    ...row,
    growth: { cost: growthOf(cost), own: growthOf(own), start: growthOf(start) },
  }));
};

interface Opened {
  readonly row: Omit<GrowthRow, "growth">;
  /** Of the largest size and the smallest, by block; undefined where only one size was measured. */
  readonly differences: Readonly<Record<FigureName, ByBlock | undefined>>;
}

interface Size extends ScalePoint {
  readonly conditions: readonly Condition[];
  readonly collected: AllCollected;
  readonly turns: readonly TurnLine[];
  /** The complete ones. */
  readonly blocks: readonly number[];
}

const sizeOf = (
  { header, blocks, turns }: EffectiveRecord,
  trials: readonly [ScaledTrial, ...ScaledTrial[]],
): Size => {
  const { axis, at } = trials[0].scale;
  const collected = collect(trials, header.agents);
  return {
    axis,
    at,
    collected,
    conditions: candidatesOf(collected, DECIDING_METRIC, blocks).map(({ key }) => key),
    turns: turns.filter(({ scale, agent }) => scale?.axis === axis && scale.at === at && agent !== BASELINE),
    blocks,
  };
};

const open = (axis: ScaleAxis, at: Condition, sizes: readonly Size[]): Opened => {
  const measured = sizes.flatMap((size) => {
    const cost = costsOf(DECIDING_METRIC, at, size);
    return cost.size === 0 ? [] : [{ size, cost, own: ownOf(at, size), start: startsOf(at.agent, size) }];
  });
  const [smallest, largest] = [measured[0], measured.at(-1)];
  const differenceOf = (figure: FigureName): ByBlock | undefined =>
    smallest === undefined || largest === undefined || smallest === largest
      ? undefined
      : combined(largest[figure], smallest[figure], (large, small) => large - small);
  return {
    row: {
      ...comparableOf(at),
      agent: at.agent,
      axis,
      steps: measured.map(({ size, cost, own, start }): GrowthStep => ({
        at: size.at,
        cost: meanOf(cost),
        own: meanOf(own),
        start: meanOf(start),
        readyMs: readyOf(at.agent, size),
        blocks: cost.size,
      })),
    },
    differences: { cost: differenceOf("cost"), own: differenceOf("own"), start: differenceOf("start") },
  };
};

const meanOf = (byBlock: ByBlock): Interval | null =>
  byBlock.size === 0 ? null : summarise([...byBlock.values()]).interval;

/** In the blocks that hold both. */
const combined = (one: ByBlock, other: ByBlock, combine: (a: number, b: number) => number): ByBlock =>
  new Map(
    [...one].flatMap(([block, a]): [number, number][] => {
      const b = other.get(block);
      return b === undefined ? [] : [[block, combine(a, b)]];
    }),
  );

const costsOf = (metric: MetricId, at: Condition, { collected, blocks }: Size): ByBlock => {
  const found = candidatesOf(collected, metric, blocks).find(({ key }) => keyOf(key) === keyOf(at));
  return new Map(found?.blocks.map((block, index) => [block, found.differences[index] ?? NaN]));
};

const ownOf = (at: Condition, size: Size): ByBlock =>
  combined(costsOf("workload-cpu", at, size), costsOf("agent-cpu", at, size), (a, b) => a + b);

const startsOf = (agent: string, { turns, blocks }: Size): ByBlock =>
  new Map(
    turns.flatMap((turn): [number, number][] => {
      if (turn.agent !== agent || turn.outcome.kind !== "started" || !blocks.includes(turn.block)) return [];
      const { startCpuNs } = turn.outcome;
      const ns = startCpuNs === undefined ? undefined : known(startCpuNs);
      return ns === undefined ? [] : [[turn.block, ns]];
    }),
  );

const readyOf = (agent: string, { turns }: Size): number | null => {
  const ready = turns.flatMap((turn) =>
    turn.agent === agent && turn.outcome.kind === "started" ? [turn.outcome.readyMs] : [],
  );
  return ready.length === 0 ? null : median(ready);
};
