/**
 * A table of the lake: flat rows of one kind, with an id that is the same whenever the same run is sent (docs/lake.md).
 *
 * Schema versions
 *   1  first
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { RunEvent } from "../../domain/run-event.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { From } from "../../domain/schema.ts";
import { known } from "../../domain/units.ts";
import { EstimateRow, runCells } from "../estimate-row.ts";

/** Counted up where a column is renamed, removed, or means something else. A new column changes nothing for who does not read it. */
export const LAKE_SCHEMA = 1;

/** What rows are made from: all that a record says. */
export interface LakeRun {
  readonly view: RunView;
  readonly events: readonly RunEvent[];
}

export type LakeCell = string | number | boolean | null;
type Key = readonly (string | number)[];

export interface LakeRow {
  readonly id: string;
  /** In the order of the table's columns; null is a missing figure, never 0. */
  readonly cells: Readonly<Record<string, LakeCell>>;
}

export interface LakeTable {
  readonly name: string;
  readonly summary: string;
  readonly row: z.ZodObject;
  readonly rows: (run: LakeRun) => readonly LakeRow[];
}

const OF_THE_RUN = {
  run: true,
  started_at: true,
  method: true,
  tool: true,
  hostname: true,
  arch: true,
  kernel: true,
  cpu_model: true,
  emulated: true,
} as const;

const COMMON = {
  row_id: z
    .string()
    .describe("The same whenever the same fact of the same run is sent: of rows with one id, one counts"),
  schema_version: z.literal(LAKE_SCHEMA).describe("Version of the columns"),
  record_lines: z
    .int()
    .describe("Lines of the record that count: of rows with one id, that with the most is the latest"),
  run_key: z.string().describe("Names the run over all tables, also where two runs have one name"),
  ...EstimateRow.pick(OF_THE_RUN).shape,
};

const digestOf = (parts: readonly unknown[], digits: number): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, digits);

const RUN_DIGITS = 16;
const ROW_DIGITS = 32;

/** Nodes of a fleet may share their name, and copies of one image their machine ID. */
export const runKey = ({ run, host }: Pick<RunView, "run" | "host">): string =>
  digestOf(
    [run.id, run.startedAt, run.seed, host.hostname, known(host.machineIdHash), known(host.bootId)],
    RUN_DIGITS,
  );

const commonCells = (name: string, view: RunView, id: string) => ({
  table_name: name,
  row_id: id,
  schema_version: LAKE_SCHEMA,
  record_lines: view.run.lines,
  run_key: runKey(view),
  ...runCells(view),
});

/** `columns`: beside those that every table has. `key`: what names a row within its table and run. */
export const defineTable = <S extends z.ZodRawShape>({
  name,
  summary,
  columns,
  rows,
}: {
  readonly name: string;
  readonly summary: string;
  readonly columns: S;
  readonly rows: (
    run: LakeRun,
  ) => readonly { readonly key: Key; readonly cells: From<z.ZodObject<S>> & Record<string, LakeCell> }[];
}): LakeTable => ({
  name,
  summary,
  row: z.strictObject({
    table_name: z.literal(name).describe("Name of the table"),
    ...COMMON,
    ...columns,
  }),
  rows: (run) =>
    rows(run).map(({ key, cells }) => {
      const id = digestOf([runKey(run.view), name, ...key], ROW_DIGITS);
      return { id, cells: { ...commonCells(name, run.view, id), ...cells } };
    }),
});
