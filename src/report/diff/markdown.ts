/** What changed, for a pull request. */
import type { RecordDiff } from "../../domain/comparison.ts";
import { writeMarkdown } from "../markdown.ts";
import { diffInWords } from "../view/diff-words.ts";
import { diffSections } from "../view/diff.ts";
import { list } from "../view/section.ts";

export const renderDiffMarkdown = (diff: RecordDiff): string =>
  writeMarkdown("tare: what changed", [list(diffInWords(diff))], diffSections(diff));
