/**
 * One JSON object a line and an estimate a line, as the lake's table of estimates has them (docs/lake.md). `docs/schemas/estimates.bigquery.json`
 * is the table:
 *
 *     tare export RUN --format ndjson --out estimates.ndjson
 *     bq load --source_format=NEWLINE_DELIMITED_JSON dataset.table estimates.ndjson docs/schemas/estimates.bigquery.json
 */
import type { RunView } from "../domain/run-view.ts";
import { estimates } from "./lake/estimates.ts";
import { rowText } from "./lake/row-text.ts";

export const renderNdjson = (view: RunView): string =>
  estimates
    .rows({ view, events: [] })
    .map((row) => `${rowText(row)}\n`)
    .join("");
