/**
 * One JSON object a line and an estimate a line, for a data warehouse. `bigquery.schema.json` beside this file is the table:
 *
 *     tare export RUN --format ndjson --out estimates.ndjson
 *     bq load --source_format=NEWLINE_DELIMITED_JSON dataset.table estimates.ndjson src/report/bigquery.schema.json
 */
import type { RunView } from "../domain/run-view.ts";
import { ESTIMATE_COLUMNS } from "./estimate-columns.ts";

/** A missing figure is a key that is not there, which a warehouse reads as NULL. */
export const renderNdjson = (view: RunView): string =>
  view.estimates
    .map((estimate) => {
      const row = ESTIMATE_COLUMNS.map(({ name, cell }) => [name, cell(estimate, view)] as const);
      return `${JSON.stringify(Object.fromEntries(row.filter(([, cell]) => cell !== null)))}\n`;
    })
    .join("");
