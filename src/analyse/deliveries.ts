/** What the trials of a ledger tell beyond its counts: at which rate events were raised, and how late the last of them came. */
import { median } from "simple-statistics";
import type { Delivery, LossShares } from "../domain/run-view.ts";
import { offeredRate } from "../domain/scenario.ts";
import type { LedgerRow } from "../domain/verdict.ts";
import { cellName } from "./cells.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { type CountedTrial, countedGroups } from "./ledger.ts";

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

const rateOf = ({ outcome }: CountedTrial): readonly number[] => {
  if (outcome.kind === "counted") return [];
  const { driver, ledger } = outcome;
  const seconds = (driver.endNs - driver.startNs) / 1e9;
  return seconds > 0 ? [ledger.operations / seconds] : [];
};

/** Null where nothing was done. What cannot be told apart is neither declared nor silent. */
export const lossShares = (row: LedgerRow): LossShares | null => {
  if (row.operations === 0) return null;
  const missing = Math.max(0, row.operations - row.delivered);
  const { declaredLost, silentLost } = row;
  const silent = Math.min(missing, silentLost?.low ?? 0);
  const unattributed = silentLost === null ? missing : Math.min(missing, silentLost.high) - silent;
  const percent = (count: number): number => (count / row.operations) * 100;
  return {
    delivered: percent(Math.min(row.delivered, row.operations)),
    declared: declaredLost === null ? null : percent(missing - silent - unattributed),
    unattributed: percent(unattributed),
    silent: percent(silent),
  };
};
