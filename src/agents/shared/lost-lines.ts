/** Sums what the lines of a growing file say of losses. */
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";
import { missing, value } from "../../domain/units.ts";

/** Both libbpf-tools and bpftrace word their losses so. */
const LOST_EVENTS = /^Lost (\d+) events.*\n/gm;

/** A longer line is an event, whatever it says; a log that holds no events may have longer ones. */
const MAX_LINE = 80;

/** Reads only what is new since the last call, in chunks: a tool that mixes events and losses writes a lot. */
export class LostLines {
  readonly #path: string;
  readonly #pattern: RegExp;
  readonly #longestLine: number;
  readonly #decoder = new TextDecoder("latin1");
  #offset = 0;
  #openLine = "";
  #sum = 0;

  /** `pattern`: global and for whole lines, their end included; what its group holds is the number lost, without a group it is 1. */
  constructor(path: string, pattern = LOST_EVENTS, longestLine = MAX_LINE) {
    this.#path = path;
    this.#pattern = pattern;
    this.#longestLine = longestLine;
  }

  /** Events lost according to the file so far; `missing` when there is no file. */
  async read(host: Host): Promise<Reading<number>> {
    const reader = await host.openReader(this.#path);
    if (reader === undefined) return missing(`${this.#path}: no such file`);
    try {
      for await (const chunk of reader.chunks(this.#offset, await reader.size())) {
        this.#offset += chunk.length;
        this.#feed(this.#openLine + this.#decoder.decode(chunk));
      }
    } finally {
      await reader.close();
    }
    return value(this.#sum);
  }

  #feed(text: string): void {
    for (const [, count = "1"] of text.matchAll(this.#pattern)) this.#sum += Number(count);
    const openLine = text.slice(text.lastIndexOf("\n") + 1);
    this.#openLine = openLine.length > this.#longestLine ? "(long line)" : openLine;
  }
}
