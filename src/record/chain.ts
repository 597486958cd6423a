/** The digest chain that makes a changed, missing or reordered line of a record visible. */
import { createHash } from "node:crypto";
import type { RecordLine } from "../domain/record.ts";

export const CHAIN_START = "0".repeat(64);

export const digestOf = (previous: string, json: string): string =>
  createHash("sha256").update(previous).update(json).digest("hex");

/** JSON lets U+2028 and U+2029 stand as they are, but much that reads line by line ends a line there. */
const oneLine = (json: string): string =>
  json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

/** The line's text with its digest as last member, and the digest to chain the next one to. */
export const seal = (
  previous: string,
  line: RecordLine,
): { readonly text: string; readonly digest: string } => {
  const json = oneLine(JSON.stringify(line));
  const digest = digestOf(previous, json);
  return { text: `${json.slice(0, -1)},"digest":"${digest}"}`, digest };
};

const SEALED = /^(\{.*),"digest":"([0-9a-f]{64})"\}$/s;

/** Takes a sealed line apart; undefined when it carries no digest. */
export const unseal = (text: string): { readonly json: string; readonly digest: string } | undefined => {
  const match = SEALED.exec(text);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { json: `${match[1]}}`, digest: match[2] };
};
