/** What changed, for a terminal. */
import type { RecordDiff } from "../../domain/comparison.ts";
import { writeTerminal } from "../terminal.ts";
import type { TerminalOptions } from "../terminal.ts";
import { diffInWords } from "../view/diff-words.ts";
import { diffSections } from "../view/diff.ts";
import { list } from "../view/section.ts";

export const renderDiffTerminal = (diff: RecordDiff, options: TerminalOptions): string =>
  writeTerminal(options, (terminal) => [
    ...diffSections(diff).flatMap((section) => terminal.section(section)),
    ...terminal.section({ id: "in-short", title: "In short", blocks: [list(diffInWords(diff))] }),
  ]);
