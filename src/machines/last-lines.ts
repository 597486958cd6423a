import { stripVTControlCharacters } from "node:util";

/** The last lines that hold anything, without terminal colours. */
export const lastLines = (text: string, count = 12): readonly string[] =>
  stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-count);
