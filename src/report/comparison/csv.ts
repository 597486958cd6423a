/** A comparison as rows for a spreadsheet: those of every side's estimates, under the label of the side. */
import { stringify } from "csv-stringify/sync";
import type { Comparison } from "../../domain/comparison.ts";
import { inert, inertCells } from "../csv.ts";
import { COLUMNS, estimateRow } from "../estimate-row.ts";

/** RFC 4180 text with a header row: the columns of `summary.csv` behind the record's label. What is kept apart is left out. */
export const renderComparisonCsv = ({ sides, figures }: Comparison): string =>
  stringify([
    ["record", ...COLUMNS],
    ...figures.flatMap((compared) =>
      compared.figures.flatMap((estimate, index) => {
        const side = sides[index];
        return estimate === null || side === undefined
          ? []
          : [[inert(side.label), ...inertCells(estimateRow(estimate, side.view))]];
      }),
    ),
  ]);
