/** Several records as one page: verdicts, trust, costs, levels and events, a column or a row a record. */
import type { Comparison } from "../../domain/comparison.ts";
import { formatNumberOf } from "../format.ts";
import type { Evidence } from "../page/evidence.ts";
import { frame } from "../page/frame.ts";
import { html } from "../page/markup.ts";
import { agentToggle } from "../page/parts.ts";
import { testedAgents } from "../select.ts";
import type { Context } from "./page/context.ts";
import { differSection } from "./page/differences.ts";
import { eventSection } from "./page/events.ts";
import { evidenceSection, warningSection } from "./page/evidence.ts";
import { COSTS, LEVELS, figureSection } from "./page/figures.ts";
import { poolSection } from "./page/nodes.ts";
import { trustSection } from "./page/trust.ts";
import { verdictSection } from "./page/verdicts.ts";
import { mergedAgents, sensorsOfSides } from "./select.ts";
import { bannersOf, comparisonInWords } from "./words.ts";

/**
 * @param evidence for each side, further facts such as the record's path and digest
 */
export const renderComparisonHtml = async (
  whole: Comparison,
  evidence: readonly (readonly Evidence[])[] = [],
): Promise<string> => {
  const comparison = sensorsOfSides(whole);
  const context: Context = { comparison, agents: mergedAgents(comparison) };
  const [tool = ""] = comparison.sides.map(({ summary }) => summary.run.tool);
  return frame({
    title: `tare: ${comparison.sides.map(({ label }) => label).join(" and ")}`,
    generator: tool,
    header: html`<h1>${formatNumberOf(comparison.sides.length, "record")} side by side</h1>
      <p class="lede">${comparison.sides.map(({ label }) => label).join(" · ")}</p>
      ${bannersOf(comparison).map((text) => html`<p class="banner">${text}</p>`)}
      <div class="words">${comparisonInWords(comparison).map((sentence) => html`<p>${sentence}</p>`)}</div>`,
    contents: [
      ["verdicts", "Verdicts"],
      ["differs", "What differs"],
      ["trust", "Trust"],
      ["cost", "Cost"],
      ["levels", "Agents' CPU and memory"],
      ["events", "Events"],
      ["nodes", "Nodes of one kind"],
      ["limits", "Warnings"],
      ["evidence", "Evidence"],
    ],
    agents: testedAgents(context.agents).map(({ id }) => agentToggle(context.agents, id)),
    sections: [
      verdictSection(context),
      differSection(context),
      trustSection(context),
      await figureSection(context, "cost", "Cost of an operation", COSTS),
      await figureSection(context, "levels", "What the agents use themselves", LEVELS),
      eventSection(context),
      await poolSection(context),
      warningSection(context),
      evidenceSection(context, evidence),
    ],
    footer: `Made by ${tool} from ${formatNumberOf(comparison.sides.length, "record")}. This file holds everything it shows; it loads nothing.`,
  });
};
