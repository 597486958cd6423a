/** What became of a ledger's operations, as shares of them. */
import type { LossShares } from "../domain/run-view.ts";
import type { LedgerRow } from "../domain/verdict.ts";

/**
 * Null where nothing was done. An agent whose counters tell of more than is missing (they may count the whole node) declares what is missing, and no
 * more than that.
 */
export const lossShares = (row: LedgerRow): LossShares | null => {
  if (row.operations === 0) return null;
  const missing = Math.max(0, row.operations - row.delivered);
  const silent = Math.min(missing, Math.max(0, row.silentLost));
  const percent = (count: number): number => (count / row.operations) * 100;
  return {
    delivered: percent(Math.min(row.delivered, row.operations)),
    declared: row.declaredLost === null ? null : percent(missing - silent),
    silent: percent(silent),
  };
};
