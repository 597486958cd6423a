/** A comparison for a terminal, and for a pull request or a wiki. */
import type { Comparison } from "../../domain/comparison.ts";
import { writeMarkdown } from "../markdown.ts";
import { writeTerminal, type TerminalOptions } from "../terminal.ts";
import { mergedAgents, sensorsOfSides } from "../view/compared.ts";
import { comparisonSections, terminalComparison } from "../view/comparison.ts";
import type { StatusHere } from "../view/what-ran.ts";

export const renderComparisonTerminal = (
  whole: Comparison,
  options: TerminalOptions,
  here?: readonly StatusHere[],
): string => {
  const comparison = sensorsOfSides(whole);
  const sections = terminalComparison(comparison, mergedAgents(comparison), here);
  return writeTerminal(options, (terminal) => [
    ...terminal.paragraph(comparison.sides.map(({ label }) => label).join(" | "), ""),
    ...sections.flatMap((section) => terminal.section(section)),
  ]);
};

export const renderComparisonMarkdown = (whole: Comparison): string => {
  const comparison = sensorsOfSides(whole);
  return writeMarkdown(
    `tare: ${comparison.sides.length} records side by side`,
    [],
    comparisonSections(comparison, mergedAgents(comparison)),
  );
};
