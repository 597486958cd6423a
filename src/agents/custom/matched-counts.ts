/** Reads numbers out of what a custom agent says of its losses: a pattern with one group, line by line. */
import type { FileReader, Host } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";
import type { LossSpec } from "./spec.ts";

/** Lines longer than this are cut, so that a file without line ends needs no memory. */
const MAX_LINE = 65_536;

/** Adds up or keeps the last of the numbers that lines hold. */
export class MatchedCounts {
  readonly #pattern: RegExp;
  readonly #as: LossSpec["as"];
  #sum = 0;
  #last: number | undefined;
  #openLine = "";

  constructor(pattern: string, as: LossSpec["as"]) {
    this.#pattern = new RegExp(pattern);
    this.#as = as;
  }

  /** The next characters, cut anywhere. */
  feed(text: string): void {
    const lines = (this.#openLine + text).split("\n");
    this.#openLine = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) this.#take(line);
  }

  /** What was said last may lack its line end. */
  end(): void {
    this.#take(this.#openLine);
    this.#openLine = "";
  }

  /** `silence`: whether a program that says nothing has lost nothing, so that a sum of nothing is 0. */
  count(silence: "none lost" | "unread"): Reading<number> {
    if (this.#last === undefined && (this.#as === "last" || silence === "unread")) {
      return missing(`nothing that it said matches /${this.#pattern.source}/`);
    }
    return value(this.#as === "sum" ? this.#sum : (this.#last ?? 0));
  }

  #take(line: string): void {
    const found = this.#pattern.exec(line)?.[1];
    const number = found === undefined || found === "" ? Number.NaN : Number(found);
    if (!Number.isSafeInteger(number) || number < 0) return;
    this.#sum += number;
    this.#last = number;
  }
}

/** A count that is told again and again stands near the end. */
const TAIL_BYTES = 65_536;

/**
 * What a file says, which grows, or which is written anew in place. Of a sum only what is new is read: what a rewritten file once said is gone,
 * and so its sum is unknown. The last number is searched for on each call.
 */
export class CountsInFile {
  readonly #path: string;
  readonly #loss: LossSpec;
  readonly #sums: MatchedCounts;
  readonly #decoder = new TextDecoder("latin1");
  #offset = 0;
  #shrunk: Reading<number> | undefined;

  constructor(path: string, loss: LossSpec) {
    this.#path = path;
    this.#loss = loss;
    this.#sums = new MatchedCounts(loss.pattern, loss.as);
  }

  async read(host: Host): Promise<Reading<number>> {
    const reader = await host.openReader(this.#path);
    if (reader === undefined) return missing(`${this.#path}: no such file`);
    try {
      const size = await reader.size();
      return this.#loss.as === "last" ? await this.#last(reader, size) : await this.#sum(reader, size);
    } finally {
      await reader.close();
    }
  }

  async #sum(reader: FileReader, size: number): Promise<Reading<number>> {
    if (size < this.#offset) {
      this.#shrunk ??= missing(
        `${this.#path} has shrunk from ${this.#offset} to ${size} bytes, and what it said before is in no sum`,
      );
    }
    if (this.#shrunk !== undefined) return this.#shrunk;
    for await (const chunk of reader.chunks(this.#offset, size)) {
      this.#offset += chunk.length;
      this.#sums.feed(this.#decoder.decode(chunk));
    }
    return this.#sums.count("none lost");
  }

  /** From the end alone where that says it, for a file may be long. */
  async #last(reader: FileReader, size: number): Promise<Reading<number>> {
    if (size > TAIL_BYTES) {
      const tail = await this.#lastFrom(reader, size - TAIL_BYTES, size);
      if (tail.kind === "value") return tail;
    }
    return await this.#lastFrom(reader, 0, size);
  }

  async #lastFrom(reader: FileReader, from: number, size: number): Promise<Reading<number>> {
    const counts = new MatchedCounts(this.#loss.pattern, "last");
    // A line that began earlier may show but the end of its number.
    let isCut = from > 0;
    for await (const chunk of reader.chunks(from, size)) {
      const text = this.#decoder.decode(chunk);
      const start = isCut ? text.indexOf("\n") + 1 : 0;
      if (isCut && start === 0) continue;
      isCut = false;
      counts.feed(text.slice(start));
    }
    // A file that is written anew often ends without a line end.
    counts.end();
    return counts.count("none lost");
  }
}
