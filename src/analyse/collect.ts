/** Trials -> for each agent, operation and metric: one number a block, ready to be paired. */
import { mean } from "simple-statistics";
import { type Comparable, type Condition, keyOf } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import { loadName } from "../domain/scenario.ts";
import type { MetricId } from "../domain/units.ts";
import type { ObservedTrial } from "./effective-record.ts";
import { observe } from "./series.ts";

export type BlockSeries = ReadonlyMap<number, number>;

export interface Collected {
  readonly key: Condition;
  readonly metric: MetricId;
  readonly baseline: 1 | 2 | null;
  readonly series: BlockSeries;
  /** Operations for each delivered event; empty where the metric is not told by events or they are not counted. */
  readonly perEvent: BlockSeries;
  /** Of a part of the readings something was left out that could not be read. */
  readonly isLowerBound: boolean;
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

/** `agents`: of which some do not see every event of a scenario by design. */
export const collect = (
  trials: readonly ObservedTrial[],
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[] = [],
): AllCollected => {
  const open = new Map<string, Open>();
  for (const trial of trials) {
    const { agent, scenario, placement } = trial;
    const baseline = agent === BASELINE ? trial.baseline : null;
    for (const { operation, metric, reading, perEvent, isLowerBound = false } of observe(trial, agents)) {
      const key: Condition = { agent, scenario, operation, load: loadName(trial.load), placement };
      const name = seriesName(key, metric, baseline);
      const entry: Open = open.get(name) ?? {
        key,
        metric,
        baseline,
        values: new Map<number, number[]>(),
        shares: new Map<number, number[]>(),
        isLowerBound: false,
        missing: new Map<string, number>(),
      };
      entry.isLowerBound ||= isLowerBound;
      open.set(name, entry);
      if (reading.kind === "missing") {
        entry.missing.set(reading.reason, (entry.missing.get(reading.reason) ?? 0) + 1);
      } else {
        add(entry.values, trial.block, reading.value);
        if (perEvent !== undefined) add(entry.shares, trial.block, perEvent);
      }
    }
  }
  const closed = [...open].map(([name, { values, shares, ...rest }]): [string, Collected] => [
    name,
    { ...rest, series: meansOf(values), perEvent: meansOf(shares) },
  ]);
  return new Map(closed);
};

const add = (lists: Map<number, number[]>, block: number, one: number): void => {
  lists.set(block, [...(lists.get(block) ?? []), one]);
};

/** A turn runs a load once. Should a plan ever repeat it inside a turn, the block still gives one number. */
const meansOf = (lists: ReadonlyMap<number, number[]>): BlockSeries =>
  new Map([...lists].map(([block, all]) => [block, mean(all)]));

interface Open extends Omit<Collected, "series" | "perEvent" | "isLowerBound"> {
  readonly values: Map<number, number[]>;
  readonly shares: Map<number, number[]>;
  isLowerBound: boolean;
  readonly missing: Map<string, number>;
}
