/** The end of a log, so that a failure can be understood from the record alone. */
import { Buffer } from "node:buffer";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";

const LINES = 8;
const BYTES = 4096;

export const lastLines = async (host: Host, paths: readonly string[]): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const path of paths) {
    const size = known(await host.fileSize(path)) ?? 0;
    const chunks: Uint8Array[] = [];
    for await (const chunk of host.readChunks(path, Math.max(0, size - BYTES), size)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    lines.push(
      ...text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(-LINES),
    );
  }
  return lines;
};
