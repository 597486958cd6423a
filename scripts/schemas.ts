/** Writes the JSON Schema of everything that tare reads or writes to docs/schemas, from the definitions that the code itself goes by. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import * as z from "zod";
import { CustomSpec } from "../src/agents/custom/spec.ts";
import { BenchFile } from "../src/domain/bench-file.ts";
import { DriverDrained, DriverPrepared, DriverResult } from "../src/domain/driver.ts";
import { RecordLine } from "../src/domain/record.ts";
import { RECORD_SCHEMA } from "../src/domain/run-header.ts";
import { BudgetFile } from "../src/plan/budget-file.ts";
import { ComparisonJson, DiffJson } from "../src/report/comparison-json.ts";
import { CoverageJson } from "../src/report/coverage-json.ts";
import { LAKE_SCHEMA, type LakeTable } from "../src/report/lake/table.ts";
import { LAKE_TABLES } from "../src/report/lake/tables.ts";
import { SummaryJson } from "../src/report/summary-json.ts";
import { type ColumnType, columnsOf } from "./lake-columns.ts";

const FOLDER = join(import.meta.dirname, "../docs/schemas");

/** A row as it is written: what is null in it is a key that is not there. */
const onlyPresent = (row: z.ZodObject): z.ZodObject =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(row.shape).map(([name, column]) => [
        name,
        column instanceof z.ZodNullable
          ? z.exactOptional(column.unwrap() as z.ZodType).describe(column.description ?? "")
          : column,
      ]),
    ),
  );

interface Published {
  readonly schema: z.ZodType;
  /** Counted up where the same file would be read otherwise. */
  readonly version: number;
  readonly title: string;
  readonly description: string;
}

const PUBLISHED: Readonly<Record<string, Published>> = {
  record: {
    schema: RecordLine,
    version: RECORD_SCHEMA,
    title: "A line of a tare record",
    description:
      "record.jsonl holds one of these a line, the header first. Each carries `digest` besides: the SHA-256 (hex) of the digest of the line before it, followed by the line's own JSON without `digest`.",
  },
  summary: {
    schema: SummaryJson,
    version: 1,
    title: "Summary of a tare run",
    description:
      "What the analysis says of one run: estimates with their intervals, ledgers of events, verdicts. Unrounded. A figure that could not be taken is null or a reading with its reason, never 0. A text stands beside the facts that it words (`notes` beside `noteFacts`, `why` beside `reason`).",
  },
  comparison: {
    schema: ComparisonJson,
    version: 1,
    title: "Several tare records side by side",
    description:
      "What `tare report A B ... --print json` prints. Unrounded. Figures stand in the order of the sides; a side without one has null, never 0.",
  },
  bench: {
    schema: BenchFile,
    version: 1,
    title: "Nodes that a bench of a cluster was drawn from",
    description:
      "bench.json beside the records of a bench (docs/kubernetes.md): which nodes there were, which of them were drawn, and why the others were not measured.",
  },
  diff: {
    schema: DiffJson,
    version: 1,
    title: "What changed between two tare records",
    description: "What `tare diff OLD NEW --json` prints. Unrounded. A difference is new minus old.",
  },
  coverage: {
    schema: CoverageJson,
    version: 1,
    title: "What agents see",
    description: "What `tare coverage --json` prints, see docs/coverage.md. No cost is divided by it.",
  },
  lake: {
    schema: z.union(LAKE_TABLES.map(({ row }) => onlyPresent(row))),
    version: LAKE_SCHEMA,
    title: "A row that tare sends to a lake",
    description:
      "What `tare send` writes, one of these a line, see docs/lake.md. Unrounded. A figure that could not be taken is a key that is not there, never 0.",
  },
  driver: {
    schema: z.union([DriverPrepared, DriverResult, DriverDrained]),
    version: 2,
    title: "A line that a driver prints",
    description:
      "The three lines of a workload's driver, see docs/driver-protocol.md. Times are nanoseconds.",
  },
  budget: {
    schema: BudgetFile,
    version: 1,
    title: "A budget file of tare",
    description: "What a sensor may cost, declared before it is measured, see docs/budgets.md.",
  },
  "custom-agent": {
    schema: CustomSpec,
    version: 1,
    title: "A custom agent of tare",
    description: "A sensor that tare does not know, as a file, see docs/custom-agents.md.",
  },
};

/**
 * Without zod's bounds of a whole number that JavaScript holds exactly, which say nothing of ours, and without a format whose pattern is there: a
 * strict validator refuses formats that it does not know.
 */
const plain = ({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void => {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.pattern !== undefined) delete jsonSchema.format;
};

type JsonSchema = z.core.JSONSchema.BaseSchema;

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

const idOf = (name: string): string => `tare:${name}:${PUBLISHED[name]?.version ?? ""}`;

const jsonSchemaOf = (name: string, { schema, title, description }: Published): JsonSchema => ({
  $schema: DIALECT,
  $id: idOf(name),
  title,
  ...z.toJSONSchema(schema, { io: "input", override: plain }),
  description,
});

/** What lies in `$defs` of the other schema as well is referred to there. */
const referringTo = (name: string, other: JsonSchema, schema: JsonSchema): JsonSchema => {
  const there = (def: string): string | undefined =>
    def === name ? idOf(name) : def in (other.$defs ?? {}) ? `${idOf(name)}#/$defs/${def}` : undefined;
  const $defs = Object.fromEntries(
    Object.entries(schema.$defs ?? {}).filter(([def]) => there(def) === undefined),
  );
  const text = JSON.stringify({ ...schema, $defs }).replaceAll(/"#\/\$defs\/(\w+)"/g, (here, def: string) =>
    there(def) === undefined ? here : JSON.stringify(there(def)),
  );
  return JSON.parse(text) as JsonSchema;
};

/** Types as BigQuery's schema files name them (https://cloud.google.com/bigquery/docs/schemas). */
const BIGQUERY_TYPES: Readonly<Record<ColumnType, string>> = {
  text: "STRING",
  time: "TIMESTAMP",
  figure: "FLOAT",
  count: "INTEGER",
  flag: "BOOLEAN",
};

/** A column each: what is null in a row is a key that is not there. */
const bigQueryTable = (row: z.ZodObject): readonly object[] =>
  columnsOf(row).map(({ name, type, mayLack, description }) => ({
    name,
    type: BIGQUERY_TYPES[type],
    mode: mayLack ? "NULLABLE" : "REQUIRED",
    description,
  }));

const CLICKHOUSE_TYPES: Readonly<Record<ColumnType, string>> = {
  text: "String",
  time: "DateTime64(3, 'UTC')",
  figure: "Float64",
  count: "Int64",
  flag: "Bool",
};

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, "\\$&")}'`;

/** Of rows with one id the table keeps that whose record has the most lines; `FINAL` in a query sees no other. */
const clickHouseTable = ({ name, summary, row }: LakeTable): string => {
  const columns = columnsOf(row).map(({ name: column, type, mayLack, description }) => {
    const plain = CLICKHOUSE_TYPES[type];
    return `    \`${column}\` ${mayLack ? `Nullable(${plain})` : plain} COMMENT ${quoted(description)}`;
  });
  return [
    `CREATE TABLE IF NOT EXISTS tare.${name}`,
    "(",
    columns.join(",\n"),
    ")",
    "ENGINE = ReplacingMergeTree(record_lines)",
    "PARTITION BY toYYYYMM(started_at)",
    "ORDER BY (run_key, row_id)",
    `COMMENT ${quoted(summary)};`,
    "",
  ].join("\n");
};

const clickHouseTables = (): string =>
  [
    "-- The tables of docs/lake.md for ClickHouse. Written by `node scripts/schemas.ts`.",
    "CREATE DATABASE IF NOT EXISTS tare;",
    "",
    ...LAKE_TABLES.map(clickHouseTable),
  ].join("\n");

/** By file name. */
export const schemaFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const style = await resolveConfig(import.meta.filename);
  const schemas = Object.fromEntries(
    Object.entries(PUBLISHED).map(([name, published]) => [name, jsonSchemaOf(name, published)]),
  );
  const { summary = {}, comparison = {}, diff = {} } = schemas;
  const files = {
    ...Object.fromEntries(LAKE_TABLES.map(({ name, row }) => [`${name}.bigquery.json`, bigQueryTable(row)])),
    ...Object.fromEntries(
      Object.entries({
        ...schemas,
        comparison: referringTo("summary", summary, comparison),
        diff: referringTo("summary", summary, diff),
      }).map(([name, schema]) => [`${name}.schema.json`, schema]),
    ),
  };
  const texts = await Promise.all(
    Object.entries(files).map(
      async ([name, content]) =>
        [name, await format(JSON.stringify(content), { ...style, parser: "json" })] as const,
    ),
  );
  return new Map([...texts, ["lake.clickhouse.sql", clickHouseTables()]]);
};

if (import.meta.main) for (const [name, text] of await schemaFiles()) writeFileSync(join(FOLDER, name), text);
