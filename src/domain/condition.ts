/** What a figure is about, and the one name of it: everything that is grouped, looked up or compared is so by `keyOf`. */
import * as z from "zod";
import { CpuPlacement } from "./plan.ts";
import type { From } from "./schema.ts";
import { MetricId, Unit } from "./units.ts";

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

/** What one number of a metric is about. */
export const Figure = Condition.extend({ metric: MetricId, unit: Unit });

export const TrialCondition = Condition.omit({ operation: true });
export type TrialCondition = From<typeof TrialCondition>;

export const Comparable = Condition.omit({ agent: true });
export type Comparable = From<typeof Comparable>;

export const ALL_OPERATIONS = "*";

/** Equal exactly where all the parts that are given are equal; further fields of the object do not count. */
export const keyOf = (at: Partial<Condition>): string =>
  JSON.stringify([at.agent, at.scenario, at.operation, at.load, at.placement]);

const picking =
  <K extends keyof Condition>(...keys: readonly K[]) =>
  (at: Pick<Condition, K>): Pick<Condition, K> =>
    Object.fromEntries(keys.map((key) => [key, at[key]])) as Pick<Condition, K>;

export const conditionOf = picking("agent", "scenario", "operation", "load", "placement");
export const trialConditionOf = picking("agent", "scenario", "load", "placement");
export const comparableOf = picking("scenario", "operation", "load", "placement");
