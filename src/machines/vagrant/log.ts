/** A file that a program writes line by line, read as it grows. */
import type { FileReader, Host } from "../../domain/host.ts";
import { lastLines } from "../last-lines.ts";

export class GrowingLog {
  readonly #host: Host;
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #reader: FileReader | undefined;
  #at = 0;
  #partial = "";

  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
  }

  /** Whole lines that have come since the last call; none while there is no file. */
  async newLines(): Promise<readonly string[]> {
    this.#reader ??= await this.#host.openReader(this.#path);
    if (this.#reader === undefined) return [];
    const size = await this.#reader.size();
    let text = this.#partial;
    for await (const chunk of this.#reader.chunks(this.#at, size))
      text += this.#decoder.decode(chunk, { stream: true });
    this.#at = size;
    const lines = text.split(/\r?\n/);
    this.#partial = lines.pop() ?? "";
    return lines;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }
}

/** The last lines of a file that hold anything; none where it cannot be read. */
export const lastLinesOf = async (host: Host, path: string, count: number): Promise<readonly string[]> => {
  const text = await host.readText(path);
  return text.kind === "missing" ? [] : lastLines(text.value, count);
};
