/** Readings that were not taken: never a 0, always a reason. */
import type { NotMeasurable } from "../domain/reason.ts";
import { isQuantile } from "../domain/units.ts";
import type { Warning } from "../domain/warning.ts";
import type { AllCollected } from "./collect.ts";
import { total } from "./ledger.ts";

export interface MissingReadings {
  /** In none of an agent's trials: this node, or this agent, does not have it. */
  readonly never: readonly NotMeasurable[];
  /** In some of them: something went wrong. */
  readonly sometimes: readonly Warning[];
}

/** A quantile that a trial is too short for is neither: more operations would give it, and estimates simply leave it out. */
export const missingReadings = (collected: AllCollected): MissingReadings => {
  const tallies = [
    ...Map.groupBy(
      [...collected.values()].filter(({ metric }) => !isQuantile(metric)),
      ({ key, metric }) => `${key.agent} ${metric}`,
    ).values(),
  ].flatMap((entries) =>
    entries.slice(0, 1).map(({ key, metric }) => ({
      agent: key.agent,
      metric,
      taken: total(entries, ({ series }) => series.size),
      missing: total(entries, (entry) => total([...entry.missing.values()], (trials) => trials)),
      reasons: [...new Set(entries.flatMap((entry) => [...entry.missing.keys()]))].sort(),
    })),
  );
  const absent = tallies.filter(({ missing }) => missing > 0);
  return {
    never: absent
      .filter(({ taken }) => taken === 0)
      .map(({ agent, metric, reasons }) => ({ kind: "never-read", agent, metric, reasons })),
    sometimes: absent
      .filter(({ taken }) => taken > 0)
      .map(({ agent, metric, taken, missing, reasons }) => ({
        kind: "sometimes-not-read",
        agent,
        metric,
        missing,
        readings: missing + taken,
        reasons,
      })),
  };
};
