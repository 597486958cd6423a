/** The text of whatever a path leads to, without ever being kept waiting in a thread that no signal wakes. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Without O_NONBLOCK, a pipe that nobody writes to is waited for without end. */
export const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

const PIPE_SILENT_MS = 10_000;
const PIPE_POLL_MS = 20;
/** What a person hands over by a pipe is a text; what never ends is none. */
const PIPE_MAX_BYTES = 1 << 26;

/** @throws Error with the system's reason; for a pipe from which nothing comes; for a device other than one that is empty */
export const readWholeText = async (path: string): Promise<string> => {
  const handle = await open(path, READ_AT_ONCE);
  try {
    const status = await handle.stat();
    if (status.isFIFO()) return await readPipe(handle, path);
    if (!status.isCharacterDevice()) return await handle.readFile("utf8");
    const { bytesRead } = await handle.read(Buffer.alloc(1));
    if (bytesRead === 0) return "";
    throw new Error(`${path} is a device, and no file`);
  } finally {
    await handle.close();
  }
};

const readPipe = async (handle: FileHandle, path: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for (let silentMs = 0; silentMs < PIPE_SILENT_MS; silentMs += PIPE_POLL_MS) {
    const chunk = await readAvailable(handle);
    if (chunk === undefined) {
      await sleep(PIPE_POLL_MS);
      continue;
    }
    if (chunk.length === 0 && length === 0) throw new Error(`${path} is a pipe, and nothing came from it`);
    if (chunk.length === 0) return Buffer.concat(chunks).toString("utf8");
    chunks.push(chunk);
    length += chunk.length;
    silentMs = 0;
    if (length > PIPE_MAX_BYTES)
      throw new Error(`${path} is a pipe, and more than ${PIPE_MAX_BYTES} bytes came from it`);
  }
  throw new Error(`${path} is a pipe, and nothing came from it for ${PIPE_SILENT_MS / 1000} s`);
};

/** Undefined while its writer has nothing to say. */
const readAvailable = async (handle: FileHandle): Promise<Buffer | undefined> => {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1 << 16));
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
    throw error;
  }
};
