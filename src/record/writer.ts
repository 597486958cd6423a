/** Appends lines to a record, each on disk before the next thing is done: a later failure never costs an earlier result. */
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TareError, codeOf, failedTo } from "../domain/errors.ts";
import type { RecordLine } from "../domain/record.ts";
import { CHAIN_START, seal } from "./chain.ts";
import { FILE_MODE, makeRunFolder, syncFolder } from "./files.ts";
import { refusedHint } from "../domain/refused.ts";

export interface RecordWriter {
  readonly path: string;
  /** Resolves to its text in the file, without the line's end. */
  append(line: RecordLine): Promise<string>;
  close(): Promise<void>;
}

/** Called when the record was removed under its writer and has been made again, with all that was in it. */
type OnRemoved = () => void;

/** Starts a new record; fails when the file exists, because a record is never overwritten. */
export const createRecord = async (path: string, onRemoved?: OnRemoved): Promise<RecordWriter> => {
  let handle: FileHandle;
  try {
    handle = await createFile(path);
  } catch (error) {
    throw failedTo("usage", `create the record ${path}`, error, "choose another --out folder");
  }
  return writerOn(path, handle, CHAIN_START, 0, onRemoved);
};

const createFile = async (path: string): Promise<FileHandle> => {
  const handle = await open(path, "wx+", FILE_MODE);
  await syncFolder(dirname(path));
  return handle;
};

/** What is cut off of a record that is gone on with, kept beside it: `record.jsonl.rest`. */
const restOf = (path: string): string => `${path}.rest`;

/**
 * Goes on with a record after its last whole line. What a crash left of a half-written line, or a fault of a whole one, is cut off, and kept in a
 * file beside it first.
 */
export const continueRecord = async (
  path: string,
  { bytes, digest }: { readonly bytes: number; readonly digest: string },
  onRemoved?: OnRemoved,
): Promise<RecordWriter> => {
  let handle: FileHandle | undefined;
  try {
    // A link that took the record's place since it was read leads to another file.
    handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
    const size = await cutOff(path, handle, bytes);
    return writerOn(path, handle, digest, size, onRemoved);
  } catch (error) {
    await handle?.close();
    throw failedTo(
      "usage",
      `go on with the record ${path}`,
      error,
      refusedHint(error, "copy its run to another folder"),
    );
  }
};

export const keepRest = async (path: string, rest: Buffer): Promise<void> => {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const handle = await open(restOf(path), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, FILE_MODE);
  try {
    await handle.writeFile(rest);
    await handle.datasync();
  } finally {
    await handle.close();
  }
};

/** Returns the size with which it goes on. */
const cutOff = async (path: string, handle: FileHandle, wholeBytes: number): Promise<number> => {
  const { size } = await handle.stat();
  const rest = Buffer.alloc(size - wholeBytes);
  await handle.read(rest, 0, rest.length, wholeBytes);
  if (rest.length > 0) {
    await keepRest(path, rest);
    await handle.truncate(wholeBytes);
  }
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, wholeBytes - 1);
  if (last.toString() === "\n") return wholeBytes;
  // It was cut off between the last line and its end.
  await handle.write("\n", wholeBytes);
  return wholeBytes + 1;
};

export const writeAt = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let written = 0;
  while (written < bytes.length)
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  await handle.datasync();
};

/** Whether nothing is there any more under the path of an open file. */
const isRemoved = async (path: string): Promise<boolean> =>
  await stat(path).then(
    () => false,
    (error: unknown) => ["ENOENT", "ENOTDIR"].includes(codeOf(error)),
  );

const FULL = new Set(["ENOSPC", "EDQUOT"]);

const adviceFor = (error: unknown): string =>
  FULL.has(codeOf(error)) ? "free some space" : "see that its disk is there and can be written to";

const writerOn = (
  path: string,
  begun: FileHandle,
  start: string,
  startBytes: number,
  onRemoved: OnRemoved = () => undefined,
): RecordWriter => {
  let handle = begun;
  let digest = start;
  let size = startBytes;
  /** Until then the file is kept by its open handle alone. */
  const keep = async (): Promise<void> => {
    if (!(await isRemoved(path))) return;
    try {
      const all = Buffer.alloc(size);
      await handle.read(all, 0, size, 0);
      await makeRunFolder(dirname(path));
      const again = await createFile(path);
      await handle.close();
      handle = again;
      await writeAt(handle, all, 0);
    } catch (error) {
      const what = `make the record ${path} again, which was removed while the run wrote to it`;
      throw failedTo("record-failed", what, error, "start again, and leave the run's folder alone");
    }
    onRemoved();
  };
  return {
    path,
    append: async (line) => {
      const sealed = seal(digest, line);
      const bytes = Buffer.from(`${sealed.text}\n`);
      try {
        await keep();
        await writeAt(handle, bytes, size);
      } catch (error) {
        if (error instanceof TareError) throw error;
        // Half a line would make the next reader complain about a file that is otherwise whole.
        await handle.truncate(size).catch(() => undefined);
        throw failedTo(
          "record-failed",
          `write to the record ${path}`,
          error,
          `everything up to the last finished trial is kept; ${adviceFor(error)}, then go on with \`tare run --resume ${dirname(path)}\``,
        );
      }
      size += bytes.length;
      digest = sealed.digest;
      return sealed.text;
    },
    close: async () => {
      try {
        await keep();
      } finally {
        await handle.close();
      }
    },
  };
};
