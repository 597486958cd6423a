/** A record that is kept compressed (`gzip record.jsonl`) takes a tenth of the room; it can be read, and not gone on with. */
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { messageOf } from "../domain/errors.ts";
import type { RecordBytes } from "./lines.ts";

export const bytesOf = (path: string): AsyncIterable<Buffer> => createReadStream(path);

/** RFC 1952, 2.3.1. */
const MAGIC = Buffer.from([0x1f, 0x8b]);

/** Whether gzip made it, whatever its name is. What is no file cannot be read twice: it is not opened, and taken as it is. */
export const isCompressed = async (path: string): Promise<boolean> => {
  if (!(await stat(path)).isFile()) return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAGIC.length) });
    return buffer.subarray(0, bytesRead).equals(MAGIC);
  } finally {
    await file.close();
  }
};

/** Whatever comes out before the fault; a record is some megabytes, and what is larger is none. */
const MAX_BYTES = 1 << 30;
/** As much as may be lost before a fault, since what comes out of a piece that holds one is thrown away. */
const PIECE_BYTES = 512;

export const readCompressed = async (path: string): Promise<RecordBytes> => {
  const bytes = await readFile(path);
  const strict = await unpacked(bytes, constants.Z_FINISH);
  if (strict.fault === undefined) return { chunks: Readable.from(strict.chunks) };
  // A file that was cut off is told by an error instead of its last piece.
  const { chunks } = await unpacked(bytes, constants.Z_SYNC_FLUSH);
  return { chunks: Readable.from(chunks), fault: strict.fault };
};

const unpacked = (
  bytes: Buffer,
  finishFlush: number,
): Promise<{ readonly chunks: readonly Buffer[]; readonly fault?: string }> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const gunzip = createGunzip({ finishFlush });
    const end = (fault?: string): void => {
      gunzip.destroy();
      resolve({ chunks, ...(fault === undefined ? {} : { fault }) });
    };
    gunzip.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) end(`it is more than ${MAX_BYTES} bytes unpacked`);
    });
    gunzip.on("error", (error) => {
      end(messageOf(error));
    });
    gunzip.on("end", () => {
      end();
    });
    Readable.from(pieces(bytes)).pipe(gunzip);
  });

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, from + PIECE_BYTES);
}
