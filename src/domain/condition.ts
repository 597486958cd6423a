/** What a figure is about, and the one name of it: everything that is grouped, looked up or compared is so by `keyOf`. */
import type { CpuPlacement } from "./plan.ts";

/** One agent under one operation of one scenario's load. */
export interface Condition {
  readonly agent: string;
  readonly scenario: string;
  /** `ALL_OPERATIONS` where a reading cannot be told apart by operation. */
  readonly operation: string;
  /** The load's name: `closed`, `open@500/s`. Its rate is in `Load` and in `Delivery`; nothing reads it out of the name. */
  readonly load: string;
  readonly placement: CpuPlacement;
}

/** What a trial is of: all operations of the scenario together. */
export type TrialCondition = Omit<Condition, "operation">;

/** What agents are compared under. */
export type Comparable = Omit<Condition, "agent">;

/** Stands for all operations of a trial together. */
export const ALL_OPERATIONS = "*";

/** Equal exactly where all the parts that are given are equal; further fields of the object do not count. */
export const keyOf = (at: Partial<Condition>): string =>
  JSON.stringify([at.agent, at.scenario, at.operation, at.load, at.placement]);

export const conditionOf = ({ agent, scenario, operation, load, placement }: Condition): Condition => ({
  agent,
  scenario,
  operation,
  load,
  placement,
});

export const trialConditionOf = ({ agent, scenario, load, placement }: TrialCondition): TrialCondition => ({
  agent,
  scenario,
  load,
  placement,
});

export const comparableOf = ({ scenario, operation, load, placement }: Comparable): Comparable => ({
  scenario,
  operation,
  load,
  placement,
});
