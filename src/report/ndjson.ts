/**
 * One JSON object a line and an estimate a line, for a data warehouse. `docs/schemas/estimates.bigquery.json` is the table:
 *
 *     tare export RUN --format ndjson --out estimates.ndjson
 *     bq load --source_format=NEWLINE_DELIMITED_JSON dataset.table estimates.ndjson docs/schemas/estimates.bigquery.json
 */
import type { RunView } from "../domain/run-view.ts";
import { estimateRow } from "./estimate-row.ts";

/** A missing figure is a key that is not there, which a warehouse reads as NULL. */
export const renderNdjson = (view: RunView): string =>
  view.estimates
    .map((estimate) => {
      const cells = Object.entries(estimateRow(estimate, view)).filter(([, cell]) => cell !== null);
      return `${JSON.stringify(Object.fromEntries(cells))}\n`;
    })
    .join("");
