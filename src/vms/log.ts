/** A file that a program writes line by line, read as it grows. */
import type { FileReader, Host } from "../domain/host.ts";

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

/** The last lines of a file that hold anything, without terminal colours; none where it cannot be read. */
export const lastLines = async (host: Host, path: string, count: number): Promise<readonly string[]> => {
  const text = await host.readText(path);
  if (text.kind === "missing") return [];
  return text.value
    .split(/[\r\n]+/)
    .map((line) => line.replace(ESCAPES, "").trimEnd())
    .filter((line) => line !== "")
    .slice(-count);
};

// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const ESCAPES = /\u001B(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])/g;
