/** What the trials of a ledger tell beyond its counts: at which rate events were raised, and how late the last of them came. */
import { median } from "simple-statistics";
import { offeredRate } from "../domain/scenario.ts";
import type { Delivery } from "../domain/run-view.ts";
import type { LedgerRow } from "../domain/verdict.ts";
import { cellName } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { type CountedTrial, countedGroups } from "./ledger.ts";
import { lossShares } from "./loss-shares.ts";

/** One for each row, in their order. */
export const deliveriesOf = (
  ledger: readonly LedgerRow[],
  trials: readonly MeasuredTrial[],
): readonly Delivery[] => {
  const groups = new Map(countedGroups(trials).map((group) => [cellName(group.at), group]));
  return ledger.flatMap((row): readonly Delivery[] => {
    const group = groups.get(cellName(row));
    const [first] = group?.trials ?? [];
    if (group === undefined || first === undefined) return [];
    const rates = group.trials.flatMap(rateOf);
    const lags = group.readings.map(({ drainMs }) => drainMs);
    return [
      {
        ...group.at,
        offeredPerSecond: offeredRate(first.load),
        raisedPerSecond: rates.length === 0 ? null : median(rates),
        lagMs: { median: median(lags), longest: Math.max(...lags) },
        shares: lossShares(row),
      },
    ];
  });
};

/** By the workload's own clock; nothing where it did not advance. */
const rateOf = ({ outcome: { driver, ledger } }: CountedTrial): readonly number[] => {
  const seconds = (driver.endNs - driver.startNs) / 1e9;
  return seconds > 0 ? [ledger.operations / seconds] : [];
};
