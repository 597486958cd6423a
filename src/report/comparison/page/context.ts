/** What every section of a page over several records needs. */
import type { Comparison } from "../../../domain/comparison.ts";
import type { Summary } from "../../../domain/verdict.ts";

/** What every section of a comparison's page is made from. */
export interface Context {
  readonly comparison: Comparison;
  /** For agents' colours. */
  readonly agents: Summary;
}

/** A column a record. */
export const sideColumns = ({ comparison }: Context, numeric: boolean) =>
  comparison.sides.map(({ label }) => ({ title: label, numeric }));
