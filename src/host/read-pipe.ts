/** What a pipe's writer has to say, as `<(...)` of a shell gives it to a command; opened without blocking. */
import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** One that waits for a reader has not opened it yet, so that the pipe seems to be at its end. */
const UNTIL_WRITER_MS = 2000;
/** Between two parts. */
const UNTIL_MORE_MS = 30_000;
const PAUSE_MS = 20;

/** @throws Error when nobody writes to it, or goes on with that. */
export const readPipe = async (handle: FileHandle): Promise<string> => {
  const parts: Buffer[] = [];
  let waitedMs = 0;
  for (;;) {
    const part = await nextPart(handle);
    if (part !== undefined && part.length > 0) {
      parts.push(part);
      waitedMs = 0;
      continue;
    }
    const isOver = part !== undefined && (parts.length > 0 || waitedMs >= UNTIL_WRITER_MS);
    if (isOver && parts.length === 0) throw new Error("it is a pipe that nobody writes to");
    if (isOver) return Buffer.concat(parts).toString("utf8");
    if (waitedMs >= UNTIL_MORE_MS)
      throw new Error(`it is a pipe, and nothing came out of it for ${UNTIL_MORE_MS / 1000} s`);
    await sleep(PAUSE_MS);
    waitedMs += PAUSE_MS;
  }
};

/** Undefined: its writer has written nothing more yet. */
const nextPart = async (handle: FileHandle): Promise<Buffer | undefined> => {
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(65_536), position: null });
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
};
