/** What is fuzzed: one file of `targets/` each, named as its corpus is. */
import { TareError } from "../../../src/domain/errors.ts";
import type { NextUint32 } from "../../../src/domain/random.ts";

export interface Target {
  /** Real inputs, from which the first others are made. */
  readonly seeds: () => readonly (string | Uint8Array)[];
  /** Inputs that once crashed it, took too long, or passed for what they are not. No others are made of them. */
  readonly found?: () => readonly (string | Uint8Array)[];
  /** What its format has a meaning for, and chance seldom writes. */
  readonly words: readonly string[];
  /** Throws where the input is handled otherwise than it may be. A refusal in words is not thrown: see `refused`. */
  readonly run: (input: Buffer) => void | Promise<void>;
  /** Changes that keep the format; half of all changes where there is one. */
  readonly change?: (input: Buffer, next: NextUint32) => Buffer;
  readonly maxBytes?: number;
  /** What one input may cost at most, whatever its size, and for each of its bytes. CPU time, with room for a slow machine. */
  readonly maxMs?: number;
}

export const MAX_BYTES = 1 << 16;
export const MAX_MS = 100;
export const MAX_MS_PER_KIB = 20;

/** A person can act on the error: it says what is wrong, and what to do next. */
const isActionable = (error: unknown): boolean =>
  error instanceof TareError && error.message.trim() !== "" && error.hint.trim() !== "";

/** Returns what the work gives, undefined where it refused the input in words, and throws anything else. */
export const refused = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    if (isActionable(error)) return undefined;
    throw error;
  }
};

export const refusedLater = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (isActionable(error)) return undefined;
    throw error;
  }
};

/** Cuts the input at places that the input itself decides: a reader must not care. */
export const cutAnywhere = (input: Uint8Array): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < input.length;) {
    const length = 1 + ((input[from] ?? 0) % 64);
    pieces.push(input.subarray(from, from + length));
    from += length;
  }
  return pieces;
};
