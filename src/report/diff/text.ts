/** What changed, for a terminal and for a pull request. */
import type { RecordDiff } from "../../domain/comparison.ts";
import { writeMarkdown } from "../markdown.ts";
import { writeTerminal, type TerminalOptions } from "../terminal.ts";
import { diffInWords } from "../view/diff-words.ts";
import { diffSections } from "../view/diff.ts";
import { list } from "../view/section.ts";

export interface DiffOptions {
  /** Whether to list what did not change or cannot be told, beyond its count. */
  readonly all: boolean;
}

export const renderDiffTerminal = (diff: RecordDiff, options: DiffOptions & TerminalOptions): string =>
  writeTerminal(options, (terminal) => [
    ...diffSections(diff, options.all).flatMap((section) => terminal.section(section)),
    ...terminal.inShort(diffInWords(diff)),
  ]);

export const renderDiffMarkdown = (diff: RecordDiff, { all }: DiffOptions): string =>
  writeMarkdown("tare: what changed", [list(diffInWords(diff))], diffSections(diff, all));
