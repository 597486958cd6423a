/** At which rate events were raised, how much of them was lost there, how late the last came, and what was written for each. */
import { median } from "simple-statistics";
import type { RecordLine } from "../../domain/record.ts";
import { loadName } from "../../domain/scenario.ts";
import type { LedgerRow, Summary } from "../../domain/verdict.ts";
import { formatBytes, formatCount, formatDuration, formatLoss } from "../format.ts";
import { conditionsOf } from "../select.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, note, table } from "./parts.ts";
import { absent, typeset } from "./typeset.ts";

interface Delivery {
  /** Operations a second of each trial, by the workload's own clock. */
  readonly rates: readonly number[];
  /** Milliseconds after the window at which events still came in, of each trial. */
  readonly lagsMs: readonly number[];
}

const deliveryOf = (lines: readonly RecordLine[], row: LedgerRow): Delivery => {
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

const SECONDS_A_DAY = 86_400;

/** What is written for one operation: the mean over the scenario's estimates, of which there is one. */
const bytesOf = (summary: Summary, row: LedgerRow): number | undefined =>
  summary.estimates.find(
    (estimate) =>
      estimate.metric === "output-volume" &&
      estimate.agent === row.agent &&
      estimate.scenario === row.scenario &&
      estimate.load === row.load &&
      estimate.placement === row.placement,
  )?.absolute.value;

/** Nothing where no events were counted, or where the page is made from a summary, which does not hold the trials. */
export const deliveryPart = (summary: Summary, lines: readonly RecordLine[]): Markup => {
  if (summary.ledger.length === 0 || lines.length === 0) return html``;
  const rows = summary.ledger.map((row) => ({
    row,
    ...deliveryOf(lines, row),
    bytes: bytesOf(summary, row),
  }));
  return html`<h3>Loss by rate, delivery lag, output</h3>
    ${table(
      "By agent and load: the rate at which events were raised, the share lost at that rate, when the last one was in the output, and what was written",
      [
        { title: "agent" },
        { title: "scenario" },
        { title: "events a second, median", numeric: true },
        { title: "lost", numeric: true },
        { title: "last event after the window, median", numeric: true },
        { title: "longest", numeric: true },
        { title: "written for an event", numeric: true },
        { title: "a day, at one event a second", numeric: true },
      ],
      rows.map(({ row, rates, lagsMs, bytes }) => ({
        header: agentLabel(summary, row.agent),
        cells: [
          html`${row.scenario} <small>${conditionsOf(row)}</small>`,
          rates.length === 0 ? absent() : html`${formatCount(median([...rates]))}`,
          html`${typeset(formatLoss(row.lossRate))}`,
          lagsMs.length === 0 ? absent() : html`${formatDuration(median([...lagsMs]))}`,
          lagsMs.length === 0 ? absent() : html`${formatDuration(Math.max(...lagsMs))}`,
          bytes === undefined ? absent("output was not measured") : html`${formatBytes(bytes)}`,
          bytes === undefined
            ? absent("output was not measured")
            : html`${formatBytes(bytes * SECONDS_A_DAY)}`,
        ],
      })),
    )}
    ${note("After the window the output is read again and again until the last event is in it or nothing more comes; the lag tells when the last one was seen. A load of another rate is another row: loss may grow with the rate.")}`;
};
