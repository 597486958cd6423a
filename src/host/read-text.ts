/** The text of whatever a path leads to, without ever being kept waiting in a thread that no signal wakes. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { readPipe } from "./read-pipe.ts";

/** Without O_NONBLOCK, a pipe that nobody writes to is waited for without end. */
export const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/** @throws Error with the system's reason; for a pipe from which nothing comes; for a device other than one that is empty */
export const readWholeText = async (path: string): Promise<string> => {
  const handle = await open(path, READ_AT_ONCE);
  try {
    const status = await handle.stat();
    if (status.isFIFO()) return await readPipe(handle);
    if (!status.isCharacterDevice() && !status.isBlockDevice()) return await handle.readFile("utf8");
    const { bytesRead } = await handle.read(Buffer.alloc(1));
    if (bytesRead === 0) return "";
    throw new Error("it is a device, and no file");
  } finally {
    await handle.close();
  }
};
