/**
 * The report as one HTML file that needs no network and no other file, and shows every figure without a script as well:
 *
 *   the run's view  ->  1. sections (charts drawn to SVG, figures as tables)  ->  2. one page with its own style, script and policy
 */
import { NOT_TIME } from "../domain/counting.ts";
import type { RunView } from "../domain/run-view.ts";
import { formatNumberOf, formatTime } from "./format.ts";
import { pack, roomBeside, squeeze, type Download } from "./page/downloads.ts";
import { frame } from "./page/frame.ts";
import { html, type Markup } from "./page/markup.ts";
import { agentToggle, writeSection } from "./page/write.ts";
import { extentOf, sensorsOnly, testedAgents } from "./select.ts";
import { evidenceSection, type Evidence } from "./view/evidence.ts";
import { runSections } from "./view/run.ts";
import type { Section } from "./view/section.ts";

const headline = (view: RunView): string => {
  const agents = testedAgents(view).length;
  const { hostname, arch } = view.host;
  switch (view.kind) {
    case "counted":
      return `Instructions that ${formatNumberOf(agents, "agent")} ${agents === 1 ? "adds" : "add"} on ${arch}: ${NOT_TIME}`;
    case "tried":
      return `What ${formatNumberOf(agents, "agent")} ${agents === 1 ? "sees" : "see"} on ${hostname}, tried`;
    case "beside":
      return headlineBeside(view) ?? headlineOfCost(view);
    case "timed":
      return headlineOfCost(view);
  }
};

/** The first of what there is; undefined where nothing came of any. */
const headlineBeside = (view: RunView): string | undefined => {
  const { underLoad, neighbours, watched } = view;
  const agents = testedAgents(view).length;
  const { hostname } = view.host;
  if (underLoad !== undefined)
    return `Where ${formatNumberOf(agents, "agent")} ${agents === 1 ? "begins" : "begin"} to drop on ${hostname}`;
  if (neighbours.length > 0)
    return `What a service beside a storm feels of ${formatNumberOf(agents, "agent")} on ${hostname}`;
  return [...watched.atRest, ...watched.churn].some(({ blocks }) => blocks > 0)
    ? `What ${formatNumberOf(agents, "agent")} ${agents === 1 ? "takes" : "take"} of ${hostname}, second by second`
    : undefined;
};

const headlineOfCost = (view: RunView): string => {
  const agents = testedAgents(view).length;
  const { hostname } = view.host;
  switch (extentOf(view)) {
    case "no agent":
      return `No agent could be measured on ${hostname}`;
    case "nothing":
      return `Nothing could be measured on ${hostname}`;
    case "no baseline":
      return `What ${formatNumberOf(agents, "agent")} missed on ${hostname}: no cost is known`;
    case "costs":
      break;
  }
  if (view.selfChecks.failures.length > 0)
    return `What ${formatNumberOf(agents, "agent")} missed on ${hostname}: no cost of this run is valid`;
  return `What ${formatNumberOf(agents, "agent")} cost ${hostname}, and what ${agents === 1 ? "it" : "they"} missed`;
};

const header = (view: RunView): Markup => {
  const { run, host } = view;
  return html`<h1>${headline(view)}</h1>
    <p class="lede">
      ${run.id} · ${formatTime(run.startedAt)} · ${host.cpuModel}, ${host.arch} · kernel ${host.kernel} ·
      ${view.kind === "tried" ? "techniques tried, nothing measured" : formatNumberOf(run.blocks, "block")} ·
      ${run.tool}
    </p>`;
};

/** What a page may hold beside the run's figures. */
export interface Extras {
  /** Facts for the last section, such as the record's path and digest. */
  readonly evidence?: readonly Evidence[];
  /** Files that travel inside the page. */
  readonly downloads?: readonly Download[];
}

export const renderHtml = async (
  whole: RunView,
  { evidence = [], downloads = [] }: Extras = {},
): Promise<string> => {
  const view = sensorsOnly(whole);
  // Compressing takes about as long as drawing, and goes on beside it.
  const squeezed = squeeze(downloads);
  const write = async (section: Section) => ({ ...section, markup: await writeSection(view, section) });
  const sections = await Promise.all(runSections(view).map(write));
  const bytes = sections.reduce((sum, { markup }) => sum + Buffer.byteLength(markup.text), 0);
  const packed = pack(await squeezed, roomBeside(bytes));
  return frame({
    title: `tare: ${view.run.id} on ${view.host.hostname}`,
    generator: view.run.tool,
    header: header(view),
    agents: testedAgents(view).map(({ id }) => agentToggle(view, id)),
    sections: [...sections, await write(evidenceSection(whole, evidence, packed))],
    footer: `Made by ${view.run.tool} from the record of run ${view.run.id}. This file holds everything it shows; it loads nothing.`,
  });
};
