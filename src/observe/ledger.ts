/**
 * Reads an agent's output once, as a stream, and counts which operations of a trial it holds.
 *
 *     chunk -> window (carry + chunk) -> native search for the needle -> token -> seen before? in this line?
 *
 * Memory is flat: one byte an operation, one window, no text. What it does not do: decide what a missing token means
 * (`analyse/` does), or open files.
 */
import { Buffer } from "node:buffer";
import { type Tally, type TallySpec, createRecordCount } from "./tally.ts";
import { READ, tokenReader, trialInForm } from "./token.ts";

const LINE_END = 0x0a;
/** Large enough that calls do not matter, small enough to stay in a cache. */
const WINDOW = 256 * 1024;

/** How many bytes at the end of `bytes` could be the beginning of the needle. */
const startedNeedle = (bytes: Buffer, needle: Buffer): number => {
  const most = Math.min(needle.length - 1, bytes.length);
  for (let length = most; length > 0; length -= 1) {
    if (bytes.compare(needle, 0, length, bytes.length - length) === 0) return length;
  }
  return 0;
};

/**
 * @throws RangeError for a form that does not fit where the token is, a malformed trial, or operations that are not a whole number of at
 * least 0.
 */
export const createTally = (spec: TallySpec): Tally => {
  if (!Number.isSafeInteger(spec.operations) || spec.operations < 0) {
    throw new RangeError(`operations is ${spec.operations}: it must be a whole number of at least 0`);
  }
  if (spec.form.kind === "records")
    return createRecordCount({ ...spec, ...spec.form, warmup: spec.warmup ?? 0 });
  const reader = tokenReader(spec.form, spec.tokenIn);
  const { needle } = reader;
  const mine = trialInForm(spec.trial, spec.tokenIn);
  const seen = new Uint8Array(spec.operations);
  const techniques = spec.techniques ?? [true];
  const byTechnique = techniques.map(() => 0);

  let delivered = 0;
  let duplicates = 0;
  let foreign = 0;
  const warmup = new Set<number>();
  let lineEnds = 0;
  let bytes = 0;
  let lineIsOpen = false;

  // Nearly every line holds one token, so the first has its own variable and the set is hardly ever touched.
  let firstOfLine = -1;
  const othersOfLine = new Set<number>();

  const countOwn = (operation: number): void => {
    const technique = operation % techniques.length;
    if (techniques[technique] === false) {
      foreign += 1;
      return;
    }
    if (operation === firstOfLine || othersOfLine.has(operation)) return;
    if (firstOfLine < 0) firstOfLine = operation;
    else othersOfLine.add(operation);
    if (seen[operation] === 0) {
      seen[operation] = 1;
      delivered += 1;
      byTechnique[technique] = (byTechnique[technique] ?? 0) + 1;
    } else {
      duplicates += 1;
    }
  };

  const startLine = (): void => {
    firstOfLine = -1;
    if (othersOfLine.size > 0) othersOfLine.clear();
  };

  /** Counts what is decided in `window`; returns how many bytes at its end must be seen again with what follows them. */
  const scan = (window: Buffer): number => {
    let undecided = -1;
    let lineEnd = window.indexOf(LINE_END);
    let hit = window.indexOf(needle);
    while (hit >= 0) {
      while (lineEnd >= 0 && lineEnd < hit) {
        lineEnds += 1;
        startLine();
        lineEnd = window.indexOf(LINE_END, lineEnd + 1);
      }
      const read = reader.read(window, hit + needle.length, window.length);
      if (read === READ.unfinished) {
        undecided = hit;
        break;
      }
      if (read === READ.token) {
        if (reader.trial === mine && reader.operation < spec.operations) countOwn(reader.operation);
        else {
          foreign += 1;
          if (reader.trial === mine) warmup.add(reader.operation);
        }
      }
      hit = window.indexOf(needle, read === READ.token ? reader.next : hit + 1);
    }
    while (lineEnd >= 0) {
      lineEnds += 1;
      startLine();
      lineEnd = window.indexOf(LINE_END, lineEnd + 1);
    }
    // Neither holds a line end, so no line is counted twice.
    return undecided >= 0 ? window.length - undecided : startedNeedle(window, needle);
  };

  // An undecided token is shorter than 28 bytes behind its needle, which is what the longest form has.
  const memory = Buffer.allocUnsafe(needle.length + 28 + WINDOW);
  let carried = 0;

  return {
    feed: (chunk) => {
      bytes += chunk.length;
      if (chunk.length > 0) lineIsOpen = chunk.at(-1) !== LINE_END;
      for (let from = 0; from < chunk.length; from += WINDOW) {
        const part = chunk.subarray(from, from + WINDOW);
        memory.set(part, carried);
        const length = carried + part.length;
        carried = scan(memory.subarray(0, length));
        memory.copyWithin(0, length - carried, length);
      }
    },
    end: () => ({
      delivered,
      ...(spec.techniques === undefined ? {} : { byTechnique: [...byTechnique] }),
      duplicates,
      foreign,
      ...(warmup.size === 0 ? {} : { warmup: warmup.size }),
      lines: lineEnds + (lineIsOpen ? 1 : 0),
      bytes,
    }),
  };
};
