/** One row an estimate, with its intervals: the columns of `summary.csv`. */
import { EstimateRow, estimateRow } from "../estimate-row.ts";
import { defineTable } from "./table.ts";

export const estimates = defineTable({
  name: "estimates",
  summary: "one row an estimate: what an agent costs, with its intervals",
  columns: EstimateRow.shape,
  rows: ({ view }) =>
    view.estimates.map((estimate) => ({
      key: [
        estimate.agent,
        estimate.scenario,
        estimate.operation,
        estimate.load,
        estimate.placement,
        estimate.metric,
      ],
      cells: estimateRow(estimate, view),
    })),
});
