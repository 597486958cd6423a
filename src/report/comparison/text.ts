/** A comparison for a terminal, and for a pull request or a wiki. */
import type { Comparison } from "../../domain/comparison.ts";
import { writeMarkdown } from "../markdown.ts";
import { writeTerminal, type TerminalOptions } from "../terminal.ts";
import { mergedAgents, sensorsOfSides } from "../view/compared.ts";
import { bannersOf, comparisonInWords } from "../view/comparison-words.ts";
import { comparisonSections } from "../view/comparison.ts";
import { banner, list } from "../view/section.ts";

export const renderComparisonTerminal = (whole: Comparison, options: TerminalOptions): string => {
  const comparison = sensorsOfSides(whole);
  const sections = comparisonSections(comparison, mergedAgents(comparison));
  return writeTerminal(options, (terminal) => [
    ...terminal.paragraph(comparison.sides.map(({ label }) => label).join(" | "), ""),
    ...terminal.blocks(bannersOf(comparison).map((text) => banner(text))),
    ...sections.flatMap((section) => terminal.section(section)),
    ...terminal.inShort(comparisonInWords(comparison)),
  ]);
};

export const renderComparisonMarkdown = (whole: Comparison): string => {
  const comparison = sensorsOfSides(whole);
  return writeMarkdown(
    `tare: ${comparison.sides.length} records side by side`,
    [...bannersOf(comparison).map((text) => banner(text)), list(comparisonInWords(comparison))],
    comparisonSections(comparison, mergedAgents(comparison)),
  );
};
