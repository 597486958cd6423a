/** A comparison for a pull request or a wiki. */
import type { Comparison } from "../../domain/comparison.ts";
import { writeMarkdown } from "../markdown.ts";
import { mergedAgents, sensorsOfSides } from "../view/compared.ts";
import { bannersOf, comparisonInWords } from "../view/comparison-words.ts";
import { comparisonSections } from "../view/comparison.ts";
import { list } from "../view/section.ts";

export const renderComparisonMarkdown = (whole: Comparison): string => {
  const comparison = sensorsOfSides(whole);
  return writeMarkdown(
    `tare: ${comparison.sides.length} records side by side`,
    [
      ...bannersOf(comparison).map((text) => ({ kind: "banner", text }) as const),
      list(comparisonInWords(comparison)),
    ],
    comparisonSections(comparison, mergedAgents(comparison)),
  );
};
