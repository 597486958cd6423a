/**
 * The inputs that are kept of a target: each reaches code that the others do not. One a line, its bytes as the characters of a JSON text
 * (ISO 8859-1), so that they can be read and compared.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../corpus");

const pathOf = (target: string): string => join(FOLDER, `${target}.jsonl`);

export const readCorpus = (target: string): readonly Buffer[] =>
  existsSync(pathOf(target))
    ? readFileSync(pathOf(target), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => Buffer.from(JSON.parse(line) as string, "latin1"))
    : [];

export const writeCorpus = (target: string, inputs: readonly Uint8Array[]): void => {
  const lines = inputs.map((input) => JSON.stringify(Buffer.from(input).toString("latin1")));
  writeFileSync(pathOf(target), lines.map((line) => `${line}\n`).join(""));
};
