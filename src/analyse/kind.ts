/** What a run was to tell, by its plan: a run of which nothing came is of its kind all the same. */
import { everyTrialIn, trialsIn } from "../domain/plan.ts";
import type { RunKind } from "../domain/run-view.ts";
import type { EffectiveRecord } from "./effective-record.ts";

export const kindOf = ({ header: { counting, plan } }: Pick<EffectiveRecord, "header">): RunKind => {
  if (counting !== undefined) return "counted";
  if (trialsIn(plan).length > 0) return "timed";
  const { load = [], watches = [], coverage } = plan;
  if (everyTrialIn(plan).length + load.length + watches.length > 0) return "beside";
  return coverage === undefined ? "timed" : "tried";
};
