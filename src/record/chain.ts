/** The digest chain that makes a changed, missing or reordered line of a record visible. */
import { createHash } from "node:crypto";
import { oneLine } from "../domain/one-line.ts";
import type { RecordLine } from "../domain/record.ts";

export const CHAIN_START = "0".repeat(64);

export const digestOf = (previous: string, json: string): string =>
  createHash("sha256").update(previous).update(json).digest("hex");

/** The line's text with its digest as last member, and the digest to chain the next one to. */
export const seal = (
  previous: string,
  line: RecordLine,
): { readonly text: string; readonly digest: string } => {
  const json = oneLine(JSON.stringify(line));
  const digest = digestOf(previous, json);
  return { text: `${json.slice(0, -1)}${BEFORE}${digest}${BEHIND}`, digest };
};

const BEFORE = ',"digest":"';
const BEHIND = '"}';
const DIGEST_LENGTH = 64;
const SEAL_LENGTH = BEFORE.length + DIGEST_LENGTH + BEHIND.length;

export interface Unsealed {
  readonly json: string;
  readonly digest: string;
}

/**
 * Takes a sealed line apart by the length of its seal alone, so that a line is known by what it says where one byte of its seal was changed.
 * Undefined where more of it is none: the line was cut off.
 */
export const unseal = (text: string): Unsealed | undefined => {
  const end = text.length - SEAL_LENGTH;
  if (end < 1 || wrongIn(text.slice(end)) > 1) return undefined;
  const digest = text.slice(end + BEFORE.length, -BEHIND.length);
  return { json: `${text.slice(0, end)}}`, digest };
};

const PATTERN = `${BEFORE}${"0".repeat(DIGEST_LENGTH)}${BEHIND}`;

/** How many characters of a seal are none. */
const wrongIn = (seal: string): number =>
  Array.from(PATTERN).filter((due, at) => (due === "0" ? !/[0-9a-f]/.test(seal[at] ?? "") : seal[at] !== due))
    .length;

/** The digest where the seal is as it was written, whatever stands before it. */
export const sealOf = (text: string): string | undefined => {
  const seal = text.slice(-SEAL_LENGTH);
  return text.length > SEAL_LENGTH && wrongIn(seal) === 0
    ? seal.slice(BEFORE.length, -BEHIND.length)
    : undefined;
};

const SEAL_WITHIN = /,"digest":"[0-9a-f]{64}"\}/g;

/** The lines of which one was made when the end of the first was changed. Inside of a line no such text can stand. */
export const linesWithin = (text: string): readonly string[] => {
  const lines: string[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(SEAL_WITHIN)) {
    lines.push(text.slice(text.indexOf("{", from), index + found.length));
    from = index + found.length;
  }
  return lines;
};
