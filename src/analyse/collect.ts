/** Trials -> for each agent, operation and metric: one number a block, ready to be paired. */
import { mean } from "simple-statistics";
import { type Comparable, type Condition, keyOf } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import { loadName } from "../domain/scenario.ts";
import type { MetricId } from "../domain/units.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { observe } from "./series.ts";

export type BlockSeries = ReadonlyMap<number, number>;

export interface Collected {
  readonly key: Condition;
  readonly metric: MetricId;
  readonly baseline: 1 | 2 | null;
  readonly series: BlockSeries;
  readonly missing: ReadonlyMap<string, number>;
}

/** By `seriesName`. */
export type AllCollected = ReadonlyMap<string, Collected>;

export const seriesName = (key: Condition, metric: MetricId, baseline: 1 | 2 | null): string =>
  `${keyOf(key)} ${metric} ${baseline ?? ""}`;

const NOT_RUN: BlockSeries = new Map();

export const baselineOf = (
  collected: AllCollected,
  at: Comparable,
  metric: MetricId,
  baseline: 1 | 2,
): Collected | undefined => collected.get(seriesName({ ...at, agent: BASELINE }, metric, baseline));

/** Those of the baselines with which an agent is compared; empty series where a baseline did not run. */
export const referencesOf = (
  collected: AllCollected,
  at: Comparable,
  metric: MetricId,
  baselines: readonly (1 | 2)[] = [1, 2],
): readonly BlockSeries[] =>
  baselines.map((baseline) => baselineOf(collected, at, metric, baseline)?.series ?? NOT_RUN);

export const collect = (trials: readonly MeasuredTrial[]): AllCollected => {
  const open = new Map<string, Open>();
  for (const trial of trials) {
    const { agent, scenario, placement } = trial;
    const baseline = agent === BASELINE ? trial.baseline : null;
    for (const { operation, metric, reading } of observe(trial)) {
      const key: Condition = { agent, scenario, operation, load: loadName(trial.load), placement };
      const name = seriesName(key, metric, baseline);
      const entry: Open = open.get(name) ?? {
        key,
        metric,
        baseline,
        values: new Map<number, number[]>(),
        missing: new Map<string, number>(),
      };
      open.set(name, entry);
      if (reading.kind === "missing") {
        entry.missing.set(reading.reason, (entry.missing.get(reading.reason) ?? 0) + 1);
      } else {
        entry.values.set(trial.block, [...(entry.values.get(trial.block) ?? []), reading.value]);
      }
    }
  }
  const closed = [...open].map(([name, { values, ...rest }]): [string, Collected] => {
    // A turn runs a load once. Should a plan ever repeat it inside a turn, the block still gives one number.
    const series = new Map([...values].map(([block, all]) => [block, mean(all)]));
    return [name, { ...rest, series }];
  });
  return new Map(closed);
};

interface Open extends Omit<Collected, "series"> {
  readonly values: Map<number, number[]>;
  readonly missing: Map<string, number>;
}
