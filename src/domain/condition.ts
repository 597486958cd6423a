/** What a figure is about, and the one name of it: everything that is grouped, looked up or compared is so by `keyOf`. */
import * as z from "zod";
import { CpuPlacement } from "./plan.ts";
import type { From } from "./schema.ts";

/** One agent under one operation of one scenario's load. */
export const Condition = z.strictObject({
  agent: z.string(),
  scenario: z.string(),
  operation: z.string().describe("`*` where a reading cannot be told apart by operation."),
  load: z
    .string()
    .describe(
      "The load's name: `closed`, `open@500/s`. Its rate is in the plan; nothing reads it out of the name.",
    ),
  placement: CpuPlacement,
});
export type Condition = From<typeof Condition>;

/** What a trial is of: all operations of the scenario together. */
export const TrialCondition = Condition.omit({ operation: true });
export type TrialCondition = From<typeof TrialCondition>;

/** What agents are compared under. */
export const Comparable = Condition.omit({ agent: true });
export type Comparable = From<typeof Comparable>;

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
