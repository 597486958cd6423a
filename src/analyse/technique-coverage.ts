/** Which kinds of operation an agent saw, where a scenario does several in turn. */
import type { TechniqueReading, LedgerReading } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import type { TechniqueCoverage } from "../domain/verdict.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { countedGroups } from "./ledger.ts";

type Counted = Extract<LedgerReading, { readonly kind: "counted" }>;

/** In the order of the groups' first trials, the kinds in turn; what an agent does not tell apart has no row. */
export const techniqueCoverage = (trials: readonly MeasuredTrial[]): readonly TechniqueCoverage[] =>
  countedGroups(trials).flatMap(({ at, readings }) =>
    (readings[0]?.kinds ?? []).map(({ kind }) => ({ ...at, kind, ...sumOf(kind, readings) })),
  );

const sumOf = (
  kind: string,
  readings: readonly Counted[],
): Pick<TechniqueCoverage, "trials" | "operations" | "delivered"> => {
  const own = readings.flatMap(({ kinds = [] }): readonly TechniqueReading[] =>
    kinds.filter((reading) => reading.kind === kind),
  );
  const delivered = own.flatMap((reading) => known(reading.delivered) ?? []);
  return {
    trials: own.length,
    operations: own.reduce((sum, { operations }) => sum + operations, 0),
    // By design it is all trials of an agent or none.
    delivered: delivered.length < own.length ? null : delivered.reduce((sum, count) => sum + count, 0),
  };
};
