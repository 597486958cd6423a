/** Reads numbers out of what a custom agent says of its losses: a pattern with one group, line by line. */
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";
import { missing, value } from "../../domain/units.ts";
import type { LossSpec } from "./spec.ts";

/** Lines longer than this are cut, so that a file without line ends needs no memory. */
const LONGEST_LINE = 65_536;

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
    this.#openLine = (lines.pop() ?? "").slice(0, LONGEST_LINE);
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

/** Reads only what is new in a file since the last call. */
export class CountsInFile {
  readonly #path: string;
  readonly #counts: MatchedCounts;
  readonly #decoder = new TextDecoder("latin1");
  #offset = 0;

  constructor(path: string, { pattern, as }: LossSpec) {
    this.#path = path;
    this.#counts = new MatchedCounts(pattern, as);
  }

  async read(host: Host): Promise<Reading<number>> {
    const reader = await host.openReader(this.#path);
    if (reader === undefined) return missing(`${this.#path}: no such file`);
    try {
      for await (const chunk of reader.chunks(this.#offset, await reader.size())) {
        this.#offset += chunk.length;
        this.#counts.feed(this.#decoder.decode(chunk));
      }
    } finally {
      await reader.close();
    }
    return this.#counts.count("none lost");
  }
}
