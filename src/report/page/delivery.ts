/** How late the last event came, and what was written for each. */
import { median } from "simple-statistics";
import type { RecordLine } from "../../domain/record.ts";
import type { LedgerRow, Summary } from "../../domain/verdict.ts";
import { deliveriesOf } from "../deliveries.ts";
import { formatBytes, formatDuration } from "../format.ts";
import { conditionsOf } from "../select.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, detail, isLong, note, table } from "./parts.ts";
import { absent } from "./typeset.ts";

const SECONDS_A_DAY = 86_400;

/** What is written for one operation; undefined where output was not measured. */
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
  return html`<h3>Delivery lag, output</h3>
    ${detail(
      "By agent and load",
      isLong({ rows: summary.ledger.length }),
      table(
        "By agent and load: when the last event was in the output, and what was written",
        [
          { title: "agent" },
          { title: "scenario" },
          { title: "last event after the window, median", numeric: true },
          { title: "longest", numeric: true },
          { title: "written for an event", numeric: true },
          { title: "a day, at one event a second", numeric: true },
        ],
        summary.ledger.map((row) => {
          const { lagsMs } = deliveriesOf(lines, row);
          const bytes = bytesOf(summary, row);
          return {
            header: agentLabel(summary, row.agent),
            cells: [
              html`${row.scenario} <small>${conditionsOf(row)}</small>`,
              lagsMs.length === 0 ? absent() : html`${formatDuration(median([...lagsMs]))}`,
              lagsMs.length === 0 ? absent() : html`${formatDuration(Math.max(...lagsMs))}`,
              bytes === undefined ? absent("output was not measured") : html`${formatBytes(bytes)}`,
              bytes === undefined
                ? absent("output was not measured")
                : html`${formatBytes(bytes * SECONDS_A_DAY)}`,
            ],
          };
        }),
      ),
    )}
    ${note("After the window the output is read again and again until the last event is in it or nothing more comes; the lag tells when the last one was seen.")}`;
};
