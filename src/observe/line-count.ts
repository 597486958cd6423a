/**
 * Counts lines that hold a text, for agents that tell of an operation without saying which: they name the program, say, but not its
 * arguments. Lines of the warm-up look the same and come first, so as many are left out as the warm-up has operations.
 */
import { Buffer } from "node:buffer";
import type { Tally, TallyResult } from "./tally.ts";

const LINE_END = 0x0a;

export interface LineCountSpec {
  /** Part of every line that counts; holds no line end. */
  readonly line: string;
  readonly operations: number;
  readonly warmup: number;
}

/** @throws RangeError for a text that is empty or spans lines: a mistake in an agent's file. */
export const createLineCount = (spec: LineCountSpec): Tally => {
  if (spec.line === "" || spec.line.includes("\n")) {
    throw new RangeError(
      `the text that a line must hold is ${JSON.stringify(spec.line)}: it must be on one line and not empty`,
    );
  }
  const needle = Buffer.from(spec.line);
  let counted = 0;
  let lines = 0;
  let bytes = 0;
  let lineIsOpen = false;
  /** The text was found in the line that is not at its end yet. */
  let isCounted = false;
  /** The end of what was seen, in which the text may have begun. */
  let carry = Buffer.alloc(0);

  const feed = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (chunk.length === 0) return;
    lineIsOpen = chunk.at(-1) !== LINE_END;
    const window = Buffer.concat([carry, chunk]);
    // Each byte is looked at twice, once for either search, however many lines there are.
    let hit = isCounted ? window.indexOf(LINE_END) : 0;
    hit = hit < 0 ? -1 : window.indexOf(needle, hit);
    let from = 0;
    for (let lineEnd = window.indexOf(LINE_END); lineEnd >= 0; lineEnd = window.indexOf(LINE_END, from)) {
      if (hit >= 0 && hit < lineEnd) {
        counted += 1;
        hit = window.indexOf(needle, lineEnd + 1);
      }
      lines += 1;
      isCounted = false;
      from = lineEnd + 1;
    }
    if (hit >= 0) {
      counted += 1;
      isCounted = true;
    }
    carry = isCounted
      ? Buffer.alloc(0)
      : Buffer.from(window.subarray(Math.max(from, window.length - needle.length + 1)));
  };

  const end = (): TallyResult => {
    const own = Math.max(0, counted - spec.warmup);
    const delivered = Math.min(own, spec.operations);
    return {
      delivered,
      duplicates: own - delivered,
      foreign: counted - own,
      lines: lines + (lineIsOpen ? 1 : 0),
      bytes,
    };
  };

  return { feed, end };
};
