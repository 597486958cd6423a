/** File access of the real host. Expected failures come back as `missing` with the path and the system's reason. */
import { constants, createReadStream } from "node:fs";
import { access, mkdir, readFile, readdir, stat, statfs, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { messageOf } from "../domain/errors.ts";
import type { Reading } from "../domain/units.ts";
import { missing, value } from "../domain/units.ts";
import { SEARCH_PATH } from "./command.ts";

const attempt = async <T>(work: () => Promise<T>): Promise<Reading<T>> => {
  try {
    return value(await work());
  } catch (error) {
    return missing(messageOf(error));
  }
};

export const readText = (path: string): Promise<Reading<string>> => attempt(() => readFile(path, "utf8"));

export const fileSize = (path: string): Promise<Reading<number>> =>
  attempt(async () => (await stat(path)).size);

export const freeBytes = (path: string): Promise<Reading<number>> =>
  attempt(async () => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  });

export const writeText = async (path: string, text: string, mode = 0o644): Promise<void> => {
  await writeFile(path, text, { mode });
};

export const makeDirectory = async (path: string, mode = 0o755): Promise<void> => {
  await mkdir(path, { recursive: true, mode });
};

/** Names in a folder; a folder that does not exist has none. */
export const list = async (path: string): Promise<readonly string[]> => {
  const names = await attempt(() => readdir(path));
  return names.kind === "value" ? names.value : [];
};

/** Bytes [from, to) of a file. A file that is shorter, or gone, ends early. */
export const readChunks = (path: string, from: number, to: number): AsyncIterable<Uint8Array> =>
  to <= from
    ? (async function* () {})()
    : createReadStream(path, { start: from, end: to - 1, highWaterMark: 1 << 20 });

export const which = async (name: string): Promise<string | undefined> => {
  const candidates = name.includes("/")
    ? [name]
    : SEARCH_PATH.split(delimiter).map((folder) => join(folder, name));
  for (const candidate of candidates) {
    if ((await attempt(() => access(candidate, constants.X_OK))).kind === "value") return candidate;
  }
  return undefined;
};
