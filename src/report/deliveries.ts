/** What the trials of a ledger tell beyond its counts: at which rate events were raised, and how late the last of them came. */
import type { RecordLine } from "../domain/record.ts";
import { loadName } from "../domain/scenario.ts";
import type { LedgerRow } from "../domain/verdict.ts";

export interface Deliveries {
  /** Events a second of each trial, by the workload's own clock. */
  readonly rates: readonly number[];
  /** Milliseconds after the window at which events still came in, of each trial. */
  readonly lagsMs: readonly number[];
}

export const deliveriesOf = (lines: readonly RecordLine[], row: LedgerRow): Deliveries => {
  const rates: number[] = [];
  const lagsMs: number[] = [];
  for (const line of lines) {
    if (line.type !== "trial" || line.rejected !== null || line.outcome.kind !== "measured") continue;
    if (line.agent !== row.agent || line.scenario !== row.scenario || line.placement !== row.placement)
      continue;
    const { ledger, driver } = line.outcome;
    if (loadName(line.load) !== row.load || ledger.kind !== "counted") continue;
    const seconds = (driver.endNs - driver.startNs) / 1e9;
    if (seconds > 0) rates.push(ledger.operations / seconds);
    lagsMs.push(ledger.drainMs);
  }
  return { rates, lagsMs };
};

/** Operations a second that an open load asks for; null for a closed loop, which asks for as many as it gets. */
export const offeredRate = (load: string): number | null => {
  const [, rate] = /^open@([\d.]+)\/s$/.exec(load) ?? [];
  return rate === undefined ? null : Number(rate);
};
