/** New inputs from those that are there: bytes, numbers, words, lines and nesting changed, a few at a time. Seeded. */
import type { NextUint32 } from "../../../src/domain/random.ts";
import { MAX_BYTES, type Target } from "./target.ts";

const NUMBERS = [
  "0",
  "-1",
  "1",
  "0.5",
  "255",
  "256",
  "65536",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551616",
  "1e308",
  "1e999",
  "-1e308",
  "5e-324",
  "NaN",
  "",
];
const OPENINGS = ["[", "{", '{"a":', "(", '"', "- ", "\n  ", "&a [", "? "];
const MAX_CHANGES = 6;
/** Every so many inputs one is long: what takes time that grows faster than its input shows then. */
const LONG_EVERY = 200;
const LINE_FEED = 0x0a;

const below = (next: NextUint32, limit: number): number => (limit <= 0 ? 0 : next() % limit);

const pick = <T>(next: NextUint32, from: readonly T[]): T | undefined => from[below(next, from.length)];

const replaced = (input: Buffer, from: number, to: number, by: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);

/** A part of the input, mostly short. */
const part = (input: Buffer, next: NextUint32): readonly [number, number] => {
  const from = below(next, input.length + 1);
  const most = next() % 4 === 0 ? input.length - from : Math.min(16, input.length - from);
  return [from, from + below(next, most + 1)];
};

const isNumeral = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

const otherNumber = (input: Buffer, next: NextUint32): Buffer => {
  let from = below(next, input.length);
  while (from < input.length && !isNumeral(input[from])) from += 1;
  let to = from;
  while (isNumeral(input[to])) to += 1;
  return replaced(input, from, to, Buffer.from(pick(next, NUMBERS) ?? ""));
};

const linesOf = (input: Buffer): Buffer[] => {
  const lines: Buffer[] = [];
  for (let from = 0; from < input.length;) {
    const end = input.indexOf(LINE_FEED, from);
    const to = end < 0 ? input.length : end + 1;
    lines.push(input.subarray(from, to));
    from = to;
  }
  return lines;
};

/** Lines swapped, missing or doubled. */
const otherLines = (input: Buffer, next: NextUint32): Buffer => {
  const lines = linesOf(input);
  const [at, other] = [below(next, lines.length), below(next, lines.length)];
  const [line, second] = [lines[at], lines[other]];
  if (line === undefined || second === undefined) return input;
  switch (next() % 3) {
    case 0:
      lines[at] = second;
      lines[other] = line;
      break;
    case 1:
      lines.splice(at, 1);
      break;
    default:
      lines.splice(other, 0, line);
  }
  return Buffer.concat(lines);
};

const changedOnce = (
  input: Buffer,
  next: NextUint32,
  words: readonly string[],
  others: readonly Buffer[],
): Buffer => {
  const [from, to] = part(input, next);
  switch (next() % 11) {
    case 0: {
      const copy = Buffer.from(input);
      const at = below(next, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << (next() % 8));
      return copy;
    }
    case 1:
      return replaced(input, from, from + 1, Buffer.from([next() % 256]));
    case 2:
      return replaced(input, from, to, Buffer.alloc(0));
    case 3:
      return replaced(input, from, from, input.subarray(from, to));
    case 4:
    case 5:
      return replaced(input, from, next() % 2 === 0 ? from : to, Buffer.from(pick(next, words) ?? ""));
    case 6:
      return otherNumber(input, next);
    case 7:
    case 8:
      return otherLines(input, next);
    case 9: {
      const other = pick(next, others) ?? input;
      const [start, end] = part(other, next);
      return replaced(input, from, to, other.subarray(start, end));
    }
    default:
      return replaced(input, from, from, Buffer.from((pick(next, OPENINGS) ?? "").repeat(1 + (next() % 8))));
  }
};

/** A part of it, or an opening, again and again up to the most that an input may have. */
const stretched = (input: Buffer, next: NextUint32, most: number): Buffer => {
  const [from, to] = part(input, next);
  const unit =
    next() % 4 === 0 || from === to
      ? Buffer.from(pick(next, OPENINGS) ?? "[")
      : Buffer.from(input.subarray(from, to));
  const room = Math.max(0, most - input.length);
  return replaced(input, to, to, Buffer.alloc(room - (room % unit.length), unit));
};

export const mutate = (
  { words, change, maxBytes = MAX_BYTES }: Target,
  pool: readonly Buffer[],
  next: NextUint32,
): Buffer => {
  let input = pick(next, pool) ?? Buffer.alloc(0);
  const changes = 1 + (next() % MAX_CHANGES);
  for (let i = 0; i < changes; i += 1) {
    input =
      change !== undefined && next() % 2 === 0 ? change(input, next) : changedOnce(input, next, words, pool);
  }
  if (next() % LONG_EVERY === 0) input = stretched(input, next, maxBytes);
  return input.length > maxBytes ? Buffer.from(input.subarray(0, maxBytes)) : input;
};
