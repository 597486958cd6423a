/** A log that a program writes line by line, read as it grows. */
import type { Host } from "../../domain/host.ts";
import { lastLines } from "../last-lines.ts";

export interface LineReader {
  /** Whole lines that have come since the last call. */
  newLines(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const readLines = async (host: Host, path: string): Promise<LineReader> => {
  const log = await host.openLog(path);
  const decoder = new TextDecoder();
  let partial = "";
  return {
    newLines: async () => {
      await log.read((chunk) => {
        partial += decoder.decode(chunk, { stream: true });
      });
      const lines = partial.split(/\r?\n/);
      partial = lines.pop() ?? "";
      return lines;
    },
    close: async () => {
      await log.close();
    },
  };
};

/** The last lines of a file that hold anything; none where it cannot be read. */
export const lastLinesOf = async (host: Host, path: string, count: number): Promise<readonly string[]> => {
  const text = await host.readText(path);
  return text.kind === "missing" ? [] : lastLines(text.value, count);
};
