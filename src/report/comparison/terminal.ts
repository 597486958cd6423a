/** A comparison for a terminal. */
import type { Comparison } from "../../domain/comparison.ts";
import { writeTerminal } from "../terminal.ts";
import type { TerminalOptions } from "../terminal.ts";
import { mergedAgents, sensorsOfSides } from "../view/compared.ts";
import { bannersOf, comparisonInWords } from "../view/comparison-words.ts";
import { comparisonSections } from "../view/comparison.ts";
import { list } from "../view/section.ts";

export const renderComparisonTerminal = (whole: Comparison, options: TerminalOptions): string => {
  const comparison = sensorsOfSides(whole);
  return writeTerminal(options, (terminal) => [
    ...terminal.paragraph(comparison.sides.map(({ label }) => label).join(" | "), ""),
    ...terminal.blocks(bannersOf(comparison).map((text) => ({ kind: "banner", text }))),
    ...comparisonSections(comparison, mergedAgents(comparison)).flatMap((section) =>
      terminal.section(section),
    ),
    ...terminal.section({ id: "in-short", title: "In short", blocks: [list(comparisonInWords(comparison))] }),
  ]);
};
