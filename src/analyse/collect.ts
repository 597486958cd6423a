/** Trials -> for each agent, operation and metric: one number a block, ready to be paired. */
import { mean } from "simple-statistics";
import { BASELINE } from "../domain/plan.ts";
import { loadName } from "../domain/scenario.ts";
import type { MetricId } from "../domain/units.ts";
import type { Key } from "../domain/verdict.ts";
import type { MeasuredTrial } from "./current.ts";
import { observe } from "./series.ts";

/** One number a block, by the block's index. */
export type BlockSeries = ReadonlyMap<number, number>;

/** The readings of one agent (or of one of the two baselines) for one operation and metric. */
export interface Collected {
  readonly key: Key;
  readonly metric: MetricId;
  /** Which baseline; null for an agent. */
  readonly baseline: 1 | 2 | null;
  readonly series: BlockSeries;
  /** Trials in which the reading is missing, by reason. */
  readonly missing: ReadonlyMap<string, number>;
}

/** Names all that must be equal for two readings to be of one series. */
export const seriesName = (
  key: Omit<Key, "agent">,
  metric: MetricId,
  agent: string,
  baseline: 1 | 2 | null,
): string => JSON.stringify([agent, baseline, key.scenario, key.operation, key.load, key.placement, metric]);

export const collect = (trials: readonly MeasuredTrial[]): ReadonlyMap<string, Collected> => {
  const open = new Map<string, Open>();
  for (const trial of trials) {
    const { agent, scenario, placement } = trial;
    const baseline = agent === BASELINE ? trial.baseline : null;
    for (const { operation, metric, reading } of observe(trial)) {
      const key: Key = { agent, scenario, operation, load: loadName(trial.load), placement };
      const name = seriesName(key, metric, agent, baseline);
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

interface Open {
  readonly key: Key;
  readonly metric: MetricId;
  readonly baseline: 1 | 2 | null;
  readonly values: Map<number, number[]>;
  readonly missing: Map<string, number>;
}
