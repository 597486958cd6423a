/** Numbers in what a program says, line by line: how many events it lost. */
import { Buffer } from "node:buffer";
import type { RunningAgent } from "../../domain/agent.ts";
import type { FileReader, Host } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";
import { inTime, tooSlow } from "./in-time.ts";

/**
 * Lines longer than this are cut: a file without line ends needs no memory, and a pattern that is tried from each character of a line no more
 * time than this many times this many steps.
 */
const MAX_LINE = 4096;

/** What goes on in a number beyond what a pattern took of it: 1,234 and 1.5 and 12k and 1e6 and 0x1f. */
const GOES_ON = /^(?:[.,'_]?\d|[eE][+-]?\d|[kKMG](?:i?B)?\b|x[\da-fA-F])/;
const BEGAN_BEFORE = /\d[.,'_]?$/;

/** The digits that the pattern's group took; without a group a line is one. Text that is no whole number is told as it stands. */
const countIn = (found: RegExpExecArray): Reading<number> => {
  if (found.length === 1) return value(1);
  const [whole, taken = ""] = found;
  const [start = 0, end = 0] = found.indices?.[1] ?? [];
  // What the pattern itself goes on to match, its author has seen.
  const before = start === found.index ? found.input.slice(0, start) : "";
  const behind = end === found.index + whole.length ? found.input.slice(end) : "";
  const number = taken === "" ? Number.NaN : Number(taken);
  const isPart = BEGAN_BEFORE.test(before) || GOES_ON.test(behind);
  return Number.isSafeInteger(number) && number >= 0 && !isPart
    ? value(number)
    : missing(`the count cannot be read in ${JSON.stringify(found.input.trim().slice(0, 200))}`);
};

export class LineCounts {
  /** Missing for good once a line could not be read: it may have been the largest. */
  sum: Reading<number> = value(0);
  /** Undefined where no line told of any. */
  last: Reading<number> | undefined;
  /** Once the pattern was broken off, there is no count. */
  isTooSlow = false;
  readonly #pattern: RegExp;
  #openLine = "";

  /** Its group holds the number; without a group it is 1. */
  constructor(pattern: RegExp) {
    this.#pattern = new RegExp(pattern, `${pattern.flags.replace("d", "")}d`);
  }

  /** The next characters, cut anywhere. */
  feed(text: string): void {
    const lines = (this.#openLine + text).split("\n");
    this.#openLine = (lines.pop() ?? "").slice(0, MAX_LINE);
    this.#takeAll(lines.map((line) => line.slice(0, MAX_LINE)));
  }

  /** What was said last may lack its line end. */
  end(): void {
    this.#takeAll([this.#openLine]);
    this.#openLine = "";
  }

  #takeAll(lines: readonly string[]): void {
    if (this.isTooSlow || lines.length === 0) return;
    this.isTooSlow = !inTime(() => {
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    const found = this.#pattern.exec(line);
    if (found === null) return;
    this.last = countIn(found);
    if (this.sum.kind === "missing") return;
    this.sum = this.last.kind === "missing" ? this.last : value(this.sum.value + this.last.value);
  }
}

/** Both libbpf-tools and bpftrace word their losses so. */
const LOST_EVENTS = /^Lost (\d+) events/;

/** Enough to know a file again by: what is written anew begins with another time or another number. */
const HEAD_BYTES = 512;

const headOf = async (reader: FileReader, size: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  // The memory is the reader's.
  for await (const chunk of reader.chunks(0, Math.min(size, HEAD_BYTES))) pieces.push(chunk.slice());
  return Buffer.concat(pieces);
};

/** The sum so far. Only what is new is read, so a file that is written anew has none: what it once said is gone. */
export const lostLines = (host: Host, path: string, pattern = LOST_EVENTS): RunningAgent["lost"] => {
  const counts = new LineCounts(pattern);
  const decoder = new TextDecoder("latin1");
  let offset = 0;
  let head: Uint8Array = new Uint8Array();
  let gone: Reading<number> | undefined;
  return async () =>
    await reading(host, path, async (reader) => {
      const size = await reader.size();
      const begins = await headOf(reader, size);
      if (size < offset)
        gone ??= missing(
          `${path} has shrunk from ${offset} to ${size} bytes, and what it said before is in no sum`,
        );
      else if (Buffer.compare(begins.subarray(0, head.length), head) !== 0)
        gone ??= missing(`${path} was written anew, and what it said before is in no sum`);
      if (gone !== undefined) return gone;
      head = begins;
      for await (const chunk of reader.chunks(offset, size)) {
        offset += chunk.length;
        counts.feed(decoder.decode(chunk));
      }
      return counts.isTooSlow ? missing(tooSlow(pattern.source)) : counts.sum;
    });
};

/** A count that is told again and again stands near the end. */
const TAIL_BYTES = 65_536;

/** The last number, in a file that grows or is written anew in place. */
export const lastCount = async (host: Host, path: string, pattern: RegExp): Promise<Reading<number>> =>
  await reading(host, path, async (reader) => {
    const size = await reader.size();
    const tail = await lastFrom(reader, Math.max(0, size - TAIL_BYTES), size, pattern);
    const { last, isTooSlow } =
      size > TAIL_BYTES && tail.last === undefined && !tail.isTooSlow
        ? await lastFrom(reader, 0, size, pattern)
        : tail;
    if (isTooSlow) return missing(tooSlow(pattern.source));
    return last ?? missing(`nothing that it said matches /${pattern.source}/`);
  });

const lastFrom = async (
  reader: FileReader,
  from: number,
  size: number,
  pattern: RegExp,
): Promise<LineCounts> => {
  const counts = new LineCounts(pattern);
  const decoder = new TextDecoder("latin1");
  // A line that began earlier may show but the end of its number.
  let isCut = from > 0;
  for await (const chunk of reader.chunks(from, size)) {
    const text = decoder.decode(chunk);
    const start = isCut ? text.indexOf("\n") + 1 : 0;
    if (isCut && start === 0) continue;
    isCut = false;
    counts.feed(text.slice(start));
  }
  counts.end();
  return counts;
};

const reading = async (
  host: Host,
  path: string,
  work: (reader: FileReader) => Promise<Reading<number>>,
): Promise<Reading<number>> => {
  const reader = await host.openReader(path);
  if (reader === undefined) {
    const kind = await host.fileKind(path);
    return missing(
      kind.kind === "missing" ? `${path}: no such file` : `${path}: a ${kind.value}, and no file`,
    );
  }
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
};
