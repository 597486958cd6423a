/**
 * What is said of a record from outside: that an agent was not off, or on, while something was measured. It stands behind all that the node wrote,
 * sealed like any other line, so that whoever has the record has it too.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { failedTo } from "../domain/errors.ts";
import { VoidLine } from "../domain/record.ts";
import { checkedJson } from "../domain/schema.ts";
import { seal, unseal } from "./chain.ts";
import { readRecord } from "./reader.ts";
import { writeAt } from "./writer.ts";

/** Undefined for any other line. */
export const voidIn = (text: string): VoidLine | undefined => {
  const json = unseal(text)?.json;
  if (json === undefined || !json.startsWith(BEGINNING)) return undefined;
  const read = checkedJson(VoidLine, json, "the line");
  return read.kind === "fits" ? read.content : undefined;
};

const BEGINNING = '{"type":"void"';

/** As they stand behind a line of this digest. */
export const sealVoids = (digest: string, voids: readonly VoidLine[]): string => {
  let last = digest;
  return voids
    .map((line) => {
      const sealed = seal(last, line);
      last = sealed.digest;
      return `${sealed.text}\n`;
    })
    .join("");
};

const isSame = (a: VoidLine, b: VoidLine): boolean => a.agent === b.agent && a.wish === b.wish;

/** Those that it does not say yet. Nothing that is there is changed. */
export const addVoids = async (path: string, voids: readonly VoidLine[]): Promise<void> => {
  const { lines, lastDigest } = await readRecord(path);
  const known = lines.filter((line) => line.type === "void");
  const added: VoidLine[] = [];
  for (const one of voids) if (![...known, ...added].some((other) => isSame(one, other))) added.push(one);
  if (added.length === 0) return;
  try {
    const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      const end = buffer.toString() === "\n" ? "" : "\n";
      await writeAt(handle, Buffer.from(end + sealVoids(lastDigest, added)), size);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw failedTo(
      "record-failed",
      `write to the record ${path}`,
      error,
      "free some space, then collect it again",
    );
  }
};
