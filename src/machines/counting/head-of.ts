import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";

/** The first bytes of a file, as many as there are: one character each. */
export const headOf = async (file: string, bytes: number): Promise<string> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead).toString("latin1");
  } finally {
    await handle.close();
  }
};
