/** The columns of a table of the lake, as its rows' schema has them. */
import * as z from "zod";

export type ColumnType = "text" | "time" | "figure" | "count" | "flag";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** A row may be without: what could not be read, or does not belong to it. */
  readonly mayLack: boolean;
  readonly description: string;
}

const TYPES: Readonly<Record<string, ColumnType>> = {
  string: "text",
  number: "figure",
  integer: "count",
  boolean: "flag",
};

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** zod writes what may be null as one type of two, or as a choice between them. */
const typeOf = (column: JsonSchema): { readonly type: ColumnType; readonly mayLack: boolean } => {
  const choices = column.anyOf as readonly JsonSchema[] | undefined;
  const parts = choices ?? [column];
  const types = parts.flatMap(({ type }) => [type].flat());
  const known = parts.find(({ type }) => [type].flat().some((one) => one !== "null")) ?? column;
  const name = types.find((one) => one !== "null") ?? "";
  const isWhole = Number.isInteger(known.const);
  const type = known.format === "date-time" ? "time" : isWhole ? "count" : TYPES[name];
  if (type === undefined) throw new Error(`no warehouse has a column like ${JSON.stringify(column)}`);
  return { type, mayLack: types.includes("null") };
};

export const columnsOf = (row: z.ZodObject): readonly Column[] =>
  Object.entries(z.toJSONSchema(row).properties ?? {}).map(([name, column]) => {
    const schema = column as JsonSchema;
    return { name, ...typeOf(schema), description: schema.description ?? "" };
  });
