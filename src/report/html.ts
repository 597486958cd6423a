/**
 * The report as one HTML file that needs no network, no script and no other file:
 *
 *   summary, record lines  ->  1. sections (charts drawn to SVG, figures as tables)  ->  2. one page with its own style and policy
 */
import type { RecordLine } from "../domain/record.ts";
import type { Summary } from "../domain/verdict.ts";
import { formatNumberOf, formatTime } from "./format.ts";
import { costSection } from "./page/cost.ts";
import { cpuSection } from "./page/cpu.ts";
import { eventSection } from "./page/events.ts";
import { latencySection } from "./page/latency.ts";
import { evidenceSection, limitSection, skippedSection } from "./page/limits.ts";
import type { Evidence } from "./page/limits.ts";
import { html, trusted } from "./page/markup.ts";
import type { Markup } from "./page/markup.ts";
import { memorySection } from "./page/memory.ts";
import { settingSection } from "./page/setting.ts";
import { STYLE } from "./page/style.ts";
import { trustSection } from "./page/trust.ts";
import { reasonSection, verdictSection } from "./page/verdicts.ts";
import { sensorsOnly, testedAgents } from "./select.ts";
import { emulationBanner, inWords } from "./words.ts";

/** Nothing is loaded and nothing runs, whatever an agent managed to write into its name. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const CONTENTS: readonly (readonly [id: string, title: string])[] = [
  ["verdicts", "Verdicts"],
  ["trust", "Trust"],
  ["setting", "What was measured"],
  ["cost", "Cost"],
  ["cpu", "CPU"],
  ["memory", "Memory"],
  ["latency", "Latency"],
  ["events", "Events"],
  ["skipped", "Skipped"],
  ["limits", "Warnings and method"],
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

const top = (summary: Summary): Markup =>
  html` <header>
      <h1>
        What ${formatNumberOf(testedAgents(summary).length, "agent")} cost ${summary.host.hostname}, and what
        they missed
      </h1>
      <p class="lede">
        ${summary.run.id} · ${formatTime(summary.run.startedAt)} · ${summary.host.cpuModel} · kernel
        ${summary.host.kernel} · ${formatNumberOf(summary.run.blocks, "block")} · ${summary.run.tool}
      </p>
      ${banners(summary)}
      <div class="words">${inWords(summary).map((sentence) => html`<p>${sentence}</p>`)}</div>
    </header>
    <nav aria-label="Contents">
      <ul>
        ${CONTENTS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
      </ul>
    </nav>`;

/**
 * @param lines the record's lines: with them latency is drawn as curves and agents' settings are listed; may be empty
 * @param evidence further facts for the last section, such as the record's path and digest
 */
export const renderHtml = async (
  whole: Summary,
  lines: readonly RecordLine[] = [],
  evidence: readonly Evidence[] = [],
): Promise<string> => {
  const summary = sensorsOnly(whole);
  const sections: readonly Markup[] = [
    verdictSection(summary),
    await trustSection(summary),
    settingSection(summary, lines),
    await costSection(summary),
    await cpuSection(summary),
    await memorySection(summary),
    await latencySection(summary, lines),
    await eventSection(summary),
    skippedSection(summary),
    reasonSection(summary) ?? html``,
    limitSection(summary),
    evidenceSection(whole, lines, evidence),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="${summary.run.tool}" />
        <title>tare: ${summary.run.id} on ${summary.host.hostname}</title>
        <style>
          ${trusted(STYLE)}
        </style>
      </head>
      <body>
        ${top(summary)}
        <main>${sections}</main>
        <footer>
          Made by ${summary.run.tool} from the record of run ${summary.run.id}. This file holds everything it
          shows; it loads nothing and runs no script.
        </footer>
      </body>
    </html> `.text;
};
