/** Appends lines to a record, each on disk before the next thing is done: a later failure never costs an earlier result. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { failedTo } from "../domain/errors.ts";
import type { RecordLine } from "../domain/record.ts";
import { CHAIN_START, seal } from "./chain.ts";
import { FILE_MODE } from "./files.ts";

export interface RecordWriter {
  readonly path: string;
  append(line: RecordLine): Promise<void>;
  close(): Promise<void>;
}

/** Starts a new record; fails when the file exists, because a record is never overwritten. */
export const createRecord = async (path: string): Promise<RecordWriter> => {
  let handle: FileHandle;
  try {
    handle = await open(path, "wx", FILE_MODE);
  } catch (error) {
    throw failedTo("usage", `create the record ${path}`, error, "choose another --out folder");
  }
  return writerOn(path, handle, CHAIN_START, 0);
};

/** Goes on with a record after its last whole line; what a crash left of a half-written line is cut off. */
export const continueRecord = async (
  path: string,
  lastDigest: string,
  wholeBytes: number,
): Promise<RecordWriter> => {
  // A link that took the record's place since it was read leads to another file.
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  await handle.truncate(wholeBytes);
  return writerOn(path, handle, lastDigest, wholeBytes);
};

const writerOn = (path: string, handle: FileHandle, start: string, startBytes: number): RecordWriter => {
  let digest = start;
  let size = startBytes;
  return {
    path,
    append: async (line) => {
      const sealed = seal(digest, line);
      const bytes = Buffer.from(`${sealed.text}\n`);
      try {
        let written = 0;
        while (written < bytes.length) {
          written += (await handle.write(bytes, written, bytes.length - written, size + written))
            .bytesWritten;
        }
        await handle.datasync();
      } catch (error) {
        // Half a line would make the next reader complain about a file that is otherwise whole.
        await handle.truncate(size).catch(() => undefined);
        throw failedTo(
          "record-failed",
          `write to the record ${path}`,
          error,
          `everything up to the last finished trial is kept; free some space, then go on with \`tare run --resume ${dirname(path)}\``,
        );
      }
      size += bytes.length;
      digest = sealed.digest;
    },
    close: async () => {
      await handle.close();
    },
  };
};
