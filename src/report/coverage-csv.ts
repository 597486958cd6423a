/** One row an agent and technique, beside the estimates' CSV, which has no room for it. */
import { stringify } from "csv-stringify/sync";
import type { CoverageMatrix, MatrixCell } from "../domain/coverage-matrix.ts";
import { inert } from "./csv.ts";
import type { Cell } from "./estimate-row.ts";

const COLUMNS: readonly (readonly [name: string, cell: (cell: MatrixCell) => Cell])[] = [
  ["agent", ({ agent }) => agent],
  ["technique", ({ technique }) => technique],
  ["times", ({ times }) => times],
  ["right", ({ right }) => right],
  ["otherwise", ({ otherwise }) => otherwise],
  ["told", ({ told }) => told],
  ["claimed", ({ claimed }) => claimed],
  ["holds", ({ holds }) => holds],
  ["claim", ({ claim }) => claim],
  ["example", ({ example }) => example],
];

/** RFC 4180 text with a header row. What is not known is an empty cell. */
export const renderCoverageCsv = ({ cells }: CoverageMatrix): string =>
  stringify([
    COLUMNS.map(([name]) => name),
    ...cells.map((one) => COLUMNS.map(([, cell]) => inert(cell(one)))),
  ]);
