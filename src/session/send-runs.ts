/** Records as rows of a lake, and the rows where they were asked for (docs/lake.md). */
import { resolve } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { runEvents } from "../analyse/run-events.ts";
import { TareError } from "../domain/errors.ts";
import { fileName } from "../domain/file-name.ts";
import type { LoadedRecord } from "../record/reader.ts";
import { rowText } from "../report/lake/row-text.ts";
import { LAKE_SCHEMA, type LakeTable, runKey } from "../report/lake/table.ts";
import { LAKE_TABLES } from "../report/lake/tables.ts";
import { batchesOf } from "../send/batches.ts";
import { type Destination, destinationOf, destinationText, filled } from "../send/destination.ts";
import { createHttpSender } from "../send/http.ts";
import { kafkaSettings } from "../send/kafka-settings.ts";
import { createKafkaSender } from "../send/kafka.ts";
import { patience } from "../send/retry.ts";
import { readSecret, type Environment } from "../send/secret.ts";
import { NotSent, type Sender, type SentRow } from "../send/sender.ts";
import { forget, remaining, type Rest, restPath, restText } from "../send/unsent.ts";
import { interruptible } from "./interruptible.ts";
import type { Session } from "./session.ts";
import { loadRecord, viewOf } from "./view.ts";
import { FOR_OTHERS, writeForUser } from "./write.ts";

export interface SendSettings {
  readonly to: string;
  /** Names of tables; all of them unless given. */
  readonly tables?: readonly string[];
  readonly retries: number;
  readonly environment: Environment;
}

export interface Sent {
  /** As it is told, without what may be a secret. */
  readonly to: string;
  readonly runs: readonly string[];
  /** By table, of all runs. */
  readonly rows: Readonly<Record<string, number>>;
  /** Sent at an earlier try, and not again. */
  readonly earlier: number;
  /** Files that were written. */
  readonly files: readonly string[];
  /** What goes to standard output, where that was asked for. */
  readonly text?: string;
}

interface RunRows {
  readonly record: LoadedRecord;
  readonly run: string;
  readonly runKey: string;
  readonly rows: readonly SentRow[];
}

/**
 * Reads the records, makes their rows, and has them where they were asked for.
 *
 * @throws TareError `usage` before anything is sent, `run-failed` where not every row is there: what is not lies beside the record
 */
export const sendRuns = async (
  session: Pick<Session, "tell">,
  paths: readonly string[],
  settings: SendSettings,
): Promise<Sent> => {
  const destination = destinationOf(settings.to);
  const tables = tablesNamed(settings.tables);
  const runs: RunRows[] = [];
  for (const path of paths) runs.push(rowsOf(await loadRecord(session, path), tables));
  const once = distinct(runs);
  switch (destination.kind) {
    case "standard-output":
      return {
        ...summary(destination, once, tables),
        text: once.map(({ rows }) => restText(rows)).join(""),
      };
    case "file":
      return {
        ...summary(destination, once, tables),
        files: await writeFiles(destination.template, once),
      };
    case "http":
    case "kafka":
      return {
        ...summary(destination, once, tables),
        earlier: await sendAll(destination, once, settings),
      };
  }
};

const tablesNamed = (names: readonly string[] | undefined): readonly LakeTable[] => {
  if (names === undefined) return LAKE_TABLES;
  const known = LAKE_TABLES.map(({ name }) => name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined || names.length === 0)
    throw new TareError(
      "usage",
      wrong === undefined ? "--tables names none" : `--tables: there is no table "${wrong}"`,
      `tables: ${known.join(", ")}`,
    );
  return LAKE_TABLES.filter(({ name }) => names.includes(name));
};

const rowsOf = (record: LoadedRecord, tables: readonly LakeTable[]): RunRows => {
  const view = viewOf(record);
  const run = { view, events: runEvents(record.lines) };
  return {
    record,
    run: view.run.id,
    runKey: runKey(view),
    rows: tables.flatMap((table) =>
      table.rows(run).map((row) => ({ id: row.id, table: table.name, text: rowText(row) })),
    ),
  };
};

/** A run that is named twice, or lies in two folders, is one: as it is in the longer of its records. */
const distinct = (runs: readonly RunRows[]): readonly RunRows[] => {
  const once = new Map<string, RunRows>();
  for (const run of runs) {
    const other = once.get(run.runKey);
    if (other === undefined || other.record.lines.length < run.record.lines.length) once.set(run.runKey, run);
  }
  return [...once.values()];
};

const summary = (destination: Destination, runs: readonly RunRows[], tables: readonly LakeTable[]): Sent => {
  const rows = runs.flatMap((run) => run.rows);
  return {
    to: destinationText(destination),
    runs: runs.map(({ run }) => run),
    rows: Object.fromEntries(
      tables.map(({ name }) => [name, rows.filter(({ table }) => table === name).length]),
    ),
    earlier: 0,
    files: [],
  };
};

const compress = promisify(gzip);

/** Each whole or not at all, and in the place of what was there: a run that is written twice has its rows once. */
const writeFiles = async (template: string, runs: readonly RunRows[]): Promise<readonly string[]> => {
  const texts = new Map<string, string[]>();
  for (const { run, rows } of runs) {
    for (const { table, text } of rows) {
      const path = resolve(filled(template, { table, run }, fileName));
      const lines = texts.get(path) ?? [];
      lines.push(`${text}\n`);
      texts.set(path, lines);
    }
  }
  for (const [path, lines] of texts) {
    const text = lines.join("");
    await writeForUser(path, path.endsWith(".gz") ? await compress(text) : text, { mode: FOR_OTHERS });
  }
  return [...texts.keys()];
};

type Remote = Extract<Destination, { readonly kind: "http" | "kafka" }>;

const createSender = async (destination: Remote, settings: SendSettings): Promise<Sender> => {
  const { retries, environment } = settings;
  switch (destination.kind) {
    case "http":
      return createHttpSender({
        authorization: await readSecret(
          environment,
          "TARE_HTTP_AUTHORIZATION",
          "TARE_HTTP_AUTHORIZATION_FILE",
        ),
        patience: patience(retries),
        schema: LAKE_SCHEMA,
      });
    case "kafka":
      return await createKafkaSender({
        brokers: destination.brokers,
        settings: await kafkaSettings(environment),
        retries,
        schema: LAKE_SCHEMA,
      });
  }
};

/** Returns how many rows were sent at an earlier try. */
const sendAll = async (
  destination: Remote,
  runs: readonly RunRows[],
  settings: SendSettings,
): Promise<number> => {
  const sender = await createSender(destination, settings);
  const reasonFor = (signal: string): TareError =>
    new TareError(
      "interrupted",
      `interrupted by ${signal} while rows were sent`,
      "the same command goes on where it stopped",
    );
  try {
    return await interruptible(reasonFor, async (signal) => {
      let earlier = 0;
      let stopped: Stopped | undefined;
      for (const run of runs) {
        const rest = restOf(run, settings.to);
        const left = await remaining(rest);
        earlier += rest.rows.length - left.length;
        if (stopped === undefined) {
          const progress = await sendRun(sender, destination, run.run, left, signal);
          if (progress === "all") await forget(rest);
          else stopped = { error: progress.error, kept: [await keep(rest, progress.unsent)] };
        } else stopped.kept.push(await keep(rest, left));
      }
      if (stopped !== undefined) throw failure(stopped);
      return earlier;
    });
  } finally {
    await sender.close();
  }
};

interface Kept {
  readonly rows: number;
  readonly path: string;
  /** Why it could not be written. */
  readonly problem?: string;
}

interface Stopped {
  readonly error: unknown;
  readonly kept: Kept[];
}

const restOf = ({ record, runKey: key, rows }: RunRows, where: string): Rest => ({
  record: record.path,
  runKey: key,
  where,
  rows,
});

const placeOf =
  (destination: Remote, run: string) =>
  ({ table }: SentRow): string => {
    switch (destination.kind) {
      case "http":
        return filled(destination.template, { table, run }, encodeURIComponent);
      case "kafka":
        return filled(destination.template, { table, run }, fileName);
    }
  };

const sendRun = async (
  sender: Sender,
  destination: Remote,
  run: string,
  rows: readonly SentRow[],
  signal: AbortSignal,
): Promise<"all" | { readonly error: unknown; readonly unsent: readonly SentRow[] }> => {
  let sent = 0;
  try {
    for (const batch of batchesOf(rows, placeOf(destination, run))) {
      await sender.send(batch, signal);
      sent += batch.rows.length;
    }
    return "all";
  } catch (error) {
    return { error, unsent: rows.slice(sent) };
  }
};

const keep = async (rest: Rest, unsent: readonly SentRow[]): Promise<Kept> => {
  const path = restPath(rest);
  try {
    await writeForUser(path, restText(unsent));
    return { rows: unsent.length, path };
  } catch (error) {
    return { rows: unsent.length, path, problem: String(error) };
  }
};

const failure = ({ error, kept }: Stopped): unknown => {
  if (!(error instanceof NotSent)) return error;
  const rows = kept.reduce((sum, one) => sum + one.rows, 0);
  const where = kept
    .map(({ path, problem }) => (problem === undefined ? path : `${path} could not be written (${problem})`))
    .join(", ");
  return new TareError(
    "run-failed",
    `${error.message}; ${rows} rows are left to send, and lie in ${where}`,
    `${error.hint}; the same command goes on where it stopped`,
    { cause: error },
  );
};
