/** The formats for other programs, by the name that `tare export --format` takes. */
import type { RunView } from "../domain/run-view.ts";
import { renderCsv } from "./csv.ts";
import { renderSummaryJson } from "./json.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderNdjson } from "./ndjson.ts";
import { renderOpenMetrics } from "./openmetrics.ts";

export interface ExportFormat {
  readonly summary: string;
  readonly render: (view: RunView) => string;
}

export const EXPORT_FORMATS: Readonly<Record<string, ExportFormat>> = {
  csv: { summary: "one row an estimate, for a spreadsheet", render: renderCsv },
  json: { summary: "the whole summary (docs/schemas/summary.schema.json)", render: renderSummaryJson },
  markdown: { summary: "a summary for a pull request", render: renderMarkdown },
  ndjson: {
    summary: "one row an estimate, for a warehouse (docs/schemas/estimates.bigquery.json)",
    render: renderNdjson,
  },
  openmetrics: { summary: "the latest figures, for a dashboard", render: renderOpenMetrics },
};
