/** One row a forced overflow, beside the estimates' CSV, which has no room for it. */
import { stringify } from "csv-stringify/sync";
import type { BackpressureRow } from "../domain/backpressure.ts";
import { backpressureText, contradictionText } from "./words/backpressure.ts";
import { inert } from "./csv.ts";
import type { Cell } from "./estimate-row.ts";

const COLUMNS: readonly (readonly [name: string, cell: (row: BackpressureRow) => Cell])[] = [
  ["agent", (row) => row.agent],
  ["scenario", (row) => row.scenario],
  ["forced", (row) => row.forced?.behaviour ?? null],
  ["operations", (row) => row.forced?.operations ?? null],
  ["delivered", (row) => row.forced?.delivered ?? null],
  ["declared_lost_low", (row) => row.forced?.declaredLost?.low ?? null],
  ["declared_lost_high", (row) => row.forced?.declaredLost?.high ?? null],
  ["silent_lost_low", (row) => row.forced?.silentLost?.low ?? null],
  ["silent_lost_high", (row) => row.forced?.silentLost?.high ?? null],
  ["stopped_ms", (row) => row.forced?.stoppedMs ?? null],
  ["continued", (row) => row.forced?.continued ?? null],
  ["longest_stall_ms", (row) => row.forced?.longestStallMs ?? null],
  ["stalled_share", (row) => row.forced?.stalledShare ?? null],
  ["under_load", (row) => row.underLoad?.behaviour ?? null],
  ["under_load_stalled_share", (row) => row.underLoad?.stalledShare ?? null],
  ["under_load_baseline_stalled_share", (row) => row.underLoad?.baselineStalledShare ?? null],
  ["under_load_lost_share", (row) => row.underLoad?.lostShare ?? null],
  ["data_sheet", (row) => row.promised],
  [
    "contradiction",
    ({ contradiction }) => (contradiction === null ? null : contradictionText(contradiction)),
  ],
  ["outside", (row) => row.outside],
  ["grown_bytes", (row) => row.forced?.grownBytes ?? null],
  ["words", backpressureText],
];

/** RFC 4180 text with a header row, unrounded. What is not known is an empty cell. */
export const renderBackpressureCsv = (rows: readonly BackpressureRow[]): string =>
  stringify([
    COLUMNS.map(([name]) => name),
    ...rows.map((row) => COLUMNS.map(([, cell]) => inert(cell(row)))),
  ]);
