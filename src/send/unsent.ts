/**
 * What could not be sent lies beside the record that it is of, until it has been. Its name says of what it is the rest: of exactly these rows,
 * to exactly this place. Rows of a record that has grown since are others, and are sent whole.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SentRow } from "./sender.ts";

const DIGITS = 8;

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, DIGITS);

export interface Rest {
  readonly record: string;
  readonly runKey: string;
  /** As the user named it. */
  readonly where: string;
  readonly rows: readonly SentRow[];
}

const stemOf = ({ runKey, where }: Rest): string => `unsent-${runKey.slice(0, DIGITS)}-${digestOf(where)}-`;

export const restPath = (rest: Rest): string =>
  join(
    dirname(rest.record),
    `${stemOf(rest)}${digestOf(rest.rows.map(({ text }) => `${text}\n`).join(""))}.ndjson`,
  );

export const restText = (rows: readonly SentRow[]): string => rows.map(({ text }) => `${text}\n`).join("");

/** Those that are still to be sent: of all, what an earlier try left. */
export const remaining = async (rest: Rest): Promise<readonly SentRow[]> => {
  const text = await readFile(restPath(rest), "utf8").catch(() => undefined);
  if (text === undefined) return rest.rows;
  const left = new Set(text.split("\n"));
  return rest.rows.filter((row) => left.has(row.text));
};

/** Removes what earlier tries left of the run for that place; all of it is there now. */
export const forget = async (rest: Rest): Promise<void> => {
  const folder = dirname(rest.record);
  const stem = stemOf(rest);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(stem) && one.endsWith(".ndjson")))
    await rm(join(folder, name), { force: true });
};
