/** File access of the real host. Expected failures come back as `missing` with the path and the system's reason. */
import { constants, type Stats } from "node:fs";
import { access, type FileHandle, open, readdir, stat, statfs, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { failedTo, messageOf } from "../domain/errors.ts";
import type { FileKind, FileReader, KeptFile } from "../domain/host.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import { CHUNK_BYTES, giveBack, takeBuffer } from "./chunk-buffer.ts";
import { SEARCH_PATH } from "./command.ts";
import { makeFolder } from "./make-folder.ts";
import { refusedHint } from "../domain/refused.ts";
import { READ_AT_ONCE, readWholeText } from "./read-text.ts";

const attempt = async <T>(work: () => Promise<T>): Promise<Reading<T>> => {
  try {
    return value(await work());
  } catch (error) {
    return missing(messageOf(error));
  }
};

export const readText = (path: string): Promise<Reading<string>> => attempt(() => readWholeText(path));

export const fileSize = (path: string): Promise<Reading<number>> =>
  attempt(async () => (await stat(path)).size);

const kindOf = (status: Stats): FileKind => {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "folder";
  if (status.isFIFO()) return "named pipe";
  return status.isSocket() ? "socket" : "device";
};

export const fileKind = (path: string): Promise<Reading<FileKind>> =>
  attempt(async () => kindOf(await stat(path)));

/** @throws Error for what is no file. */
export const openFile = async (path: string): Promise<FileHandle> => {
  const handle = await open(path, READ_AT_ONCE);
  const kind = kindOf(await handle.stat());
  if (kind === "file") return handle;
  await handle.close();
  throw new Error(`${path} is a ${kind}, and no file`);
};

export const freeBytes = (path: string): Promise<Reading<number>> =>
  attempt(async () => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  });

export const cutFile = async (path: string): Promise<boolean> => {
  const opened = await attempt(() => open(path, constants.O_WRONLY | constants.O_NOFOLLOW));
  if (opened.kind === "missing") return false;
  try {
    return (await attempt(() => opened.value.truncate(0))).kind === "value";
  } finally {
    await opened.value.close();
  }
};

/** Writing is part of a turn, and a turn that cannot be prepared is data, not the end of the run. */
const refused = (what: string, error: unknown): Error =>
  failedTo("run-failed", what, error, refusedHint(error, "run with another TMPDIR"));

/** As "w", but a link in the file's place is refused. */
const WRITE_NO_LINK = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

export const writeText = async (path: string, text: string, mode = 0o644): Promise<void> => {
  try {
    await writeFile(path, text, { mode, flag: WRITE_NO_LINK });
  } catch (error) {
    throw refused(`write ${path}`, error);
  }
};

export const makeDirectory = async (path: string, mode = 0o755): Promise<void> => {
  try {
    await makeFolder(path, mode);
  } catch (error) {
    throw refused(`make ${path}`, error);
  }
};

export const list = async (path: string): Promise<readonly string[]> => {
  const names = await attempt(() => readdir(path));
  return names.kind === "value" ? names.value : [];
};

export const openReader = async (path: string): Promise<FileReader | undefined> => {
  const opened = await attempt(() => openFile(path));
  if (opened.kind === "missing") return undefined;
  const handle = opened.value;
  let buffer: Uint8Array | undefined;
  return {
    size: async () => (await handle.stat()).size,
    chunks: async function* (from, to) {
      const chunk = (buffer ??= takeBuffer());
      for (let at = from; at < to;) {
        const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, to - at), at);
        if (bytesRead === 0) return;
        yield chunk.subarray(0, bytesRead);
        at += bytesRead;
      }
    },
    close: async () => {
      await handle.close();
      if (buffer !== undefined) giveBack(buffer);
      buffer = undefined;
    },
  };
};

/** What the kernel tells in one page. */
const KEPT_BYTES = 4096;

export const openKept = (path: string, access: "read" | "write"): Promise<Reading<KeptFile>> =>
  attempt(async () => {
    const handle = await open(path, access === "read" ? "r" : "r+");
    const buffer = Buffer.alloc(KEPT_BYTES);
    return {
      text: () =>
        attempt(async () => {
          const { bytesRead } = await handle.read(buffer, 0, KEPT_BYTES, 0);
          return buffer.toString("utf8", 0, bytesRead);
        }),
      write: async (text) => (await attempt(() => handle.write(text, 0))).kind === "value",
      close: () => handle.close(),
    };
  });

/** A folder may be entered, which the system calls the same. */
const isProgram = async (path: string): Promise<boolean> =>
  (await attempt(() => access(path, constants.X_OK))).kind === "value" &&
  known(await attempt(() => stat(path)))?.isFile() === true;

export const which = async (name: string): Promise<string | undefined> => {
  const candidates = name.includes("/")
    ? [name]
    : SEARCH_PATH.split(delimiter).map((folder) => join(folder, name));
  for (const candidate of candidates) {
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
};
