/**
 * The report as one HTML file that needs no network and no other file, and shows every figure without a script as well:
 *
 *   summary, record lines  ->  1. sections (charts drawn to SVG, figures as tables)  ->  2. one page with its own style, script and policy
 */
import type { RecordLine } from "../domain/record.ts";
import type { Summary } from "../domain/verdict.ts";
import { formatNumberOf, formatTime } from "./format.ts";
import { costSection } from "./page/cost.ts";
import { cpuSection } from "./page/cpu.ts";
import { eventSection } from "./page/events.ts";
import { latencySection } from "./page/latency.ts";
import { evidenceSection } from "./page/evidence.ts";
import { pack, roomBeside, squeeze } from "./page/downloads.ts";
import type { Download } from "./page/downloads.ts";
import type { Evidence } from "./page/evidence.ts";
import { fleetSection } from "./page/fleet.ts";
import { frame } from "./page/frame.ts";
import { limitSection, skippedSection } from "./page/limits.ts";
import { html } from "./page/markup.ts";
import type { Markup } from "./page/markup.ts";
import { memorySection } from "./page/memory.ts";
import { settingSection } from "./page/setting.ts";
import { agentToggle } from "./page/parts.ts";
import { timelineSection } from "./page/timeline.ts";
import { trustSection } from "./page/trust.ts";
import { reasonSection, verdictSection } from "./page/verdicts.ts";
import { extentOf, sensorsOnly, testedAgents } from "./select.ts";
import { emulationBanner, inWords } from "./words.ts";

const CONTENTS: readonly (readonly [id: string, title: string])[] = [
  ["verdicts", "Verdicts"],
  ["trust", "Trust"],
  ["cost", "Cost"],
  ["latency", "Latency"],
  ["cpu", "CPU"],
  ["memory", "Memory"],
  ["events", "Events"],
  ["timeline", "Timeline"],
  ["fleet", "Fleet"],
  ["skipped", "Not measured"],
  ["limits", "Warnings and method"],
  ["setting", "What was measured"],
  ["evidence", "Evidence"],
];

const banners = (summary: Summary): readonly Markup[] => [
  ...[emulationBanner(summary)].flatMap((text) =>
    text === null ? [] : [html`<p class="banner">${text}</p>`],
  ),
  ...(summary.run.complete
    ? []
    : [html`<p class="banner">incomplete run: the figures are those of the blocks that ended</p>`]),
];

const headline = (summary: Summary): string => {
  const agents = testedAgents(summary).length;
  const { hostname } = summary.host;
  switch (extentOf(summary)) {
    case "no agent":
      return `No agent could be measured on ${hostname}`;
    case "nothing":
      return `Nothing could be measured on ${hostname}`;
    case "no baseline":
      return `What ${formatNumberOf(agents, "agent")} missed on ${hostname}: no cost is known`;
    case "costs":
      break;
  }
  if (summary.trust.failures.length > 0)
    return `What ${formatNumberOf(agents, "agent")} missed on ${hostname}: no cost of this run is valid`;
  return `What ${formatNumberOf(agents, "agent")} cost ${hostname}, and what ${agents === 1 ? "it" : "they"} missed`;
};

const header = (summary: Summary): Markup =>
  html`<h1>${headline(summary)}</h1>
    <p class="lede">
      ${summary.run.id} · ${formatTime(summary.run.startedAt)} · ${summary.host.cpuModel},
      ${summary.host.arch} · kernel ${summary.host.kernel} · ${formatNumberOf(summary.run.blocks, "block")} ·
      ${summary.run.tool}
    </p>
    ${banners(summary)}
    <div class="words">${inWords(summary).map((sentence) => html`<p>${sentence}</p>`)}</div>`;

/** What a page may hold beside the summary's figures. */
export interface Extras {
  /** Facts for the last section, such as the record's path and digest. */
  readonly evidence?: readonly Evidence[];
  /** Files that travel inside the page. */
  readonly downloads?: readonly Download[];
}

/**
 * @param lines the record's lines: with them latency is drawn as curves, the run over time, and agents' settings are listed; may be empty
 */
export const renderHtml = async (
  whole: Summary,
  lines: readonly RecordLine[] = [],
  { evidence = [], downloads = [] }: Extras = {},
): Promise<string> => {
  const summary = sensorsOnly(whole);
  // Compressing takes about as long as drawing, and goes on beside it.
  const squeezed = squeeze(downloads);
  const sections = [
    verdictSection(summary),
    await trustSection(summary),
    await costSection(summary),
    await latencySection(summary, lines),
    await cpuSection(summary, lines),
    await memorySection(summary),
    await eventSection(summary, lines),
    await timelineSection(summary, lines),
    fleetSection(summary),
    reasonSection(summary) ?? html``,
    skippedSection(summary, lines),
    limitSection(summary),
    settingSection(summary, lines),
  ];
  const bytes = sections.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const packed = pack(await squeezed, roomBeside(bytes));
  return frame({
    title: `tare: ${summary.run.id} on ${summary.host.hostname}`,
    generator: summary.run.tool,
    header: header(summary),
    contents: CONTENTS,
    agents: testedAgents(summary).map(({ id }) => agentToggle(summary, id)),
    sections: [...sections, evidenceSection(whole, lines, evidence, packed)],
    footer: `Made by ${summary.run.tool} from the record of run ${summary.run.id}. This file holds everything it shows; it loads nothing.`,
  });
};
