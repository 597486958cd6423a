/** Several records as one page. */
import type { Comparison } from "../../domain/comparison.ts";
import { formatNumberOf } from "../format.ts";
import { frame } from "../page/frame.ts";
import { html } from "../page/markup.ts";
import { agentToggle, writeSection } from "../page/write.ts";
import { testedAgents } from "../select.ts";
import { mergedAgents, sensorsOfSides } from "../view/compared.ts";
import { comparedEvidence, comparisonSections } from "../view/comparison.ts";
import type { Evidence } from "../view/evidence.ts";
import type { StatusHere } from "../view/what-ran.ts";

/**
 * @param evidence for each side, further facts such as the record's path and digest
 * @param here what was found of the agents on this machine; absent where the records are not of guests of its own
 */
export const renderComparisonHtml = async (
  whole: Comparison,
  evidence: readonly (readonly Evidence[])[] = [],
  here?: readonly StatusHere[],
): Promise<string> => {
  const comparison = sensorsOfSides(whole);
  const agents = mergedAgents(comparison);
  const labels = comparison.sides.map(({ label }) => label);
  const [tool = ""] = comparison.sides.map(({ view }) => view.run.tool);
  const sections = [
    ...comparisonSections(comparison, agents, here),
    comparedEvidence(comparison, evidence),
  ].map(async (section) => ({ ...section, markup: await writeSection(agents, section) }));
  return frame({
    title: `tare: ${labels.join(" and ")}`,
    generator: tool,
    header: html`<h1>${formatNumberOf(labels.length, "record")} side by side</h1>
      <p class="lede">${labels.join(" · ")}</p>`,
    agents: testedAgents(agents).map(({ id }) => agentToggle(agents, id)),
    sections: await Promise.all(sections),
    footer: `Made by ${tool} from ${formatNumberOf(labels.length, "record")}. This file holds everything it shows; it loads nothing.`,
  });
};
