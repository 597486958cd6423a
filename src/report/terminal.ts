/** The report for a terminal: text that fits the width it is given. */
import { known } from "../domain/units.ts";
import type { Summary } from "../domain/verdict.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf, formatTime } from "./format.ts";
import { isolationText } from "./isolation-words.ts";
import { groupsOf, sensorsOnly, skippedAgents } from "./select.ts";
import { costTable } from "./terminal/costs.ts";
import { ledgerTable } from "./terminal/events.ts";
import { techniqueLines } from "./terminal/techniques.ts";
import { backpressureTable } from "./terminal/backpressure.ts";
import { INDENT, NARROWEST, heading, painter, paragraph } from "./terminal/page.ts";
import type { Page } from "./terminal/page.ts";
import { trustLines } from "./terminal/trust.ts";
import { verdictTables } from "./terminal/verdicts.ts";
import { emulationBanner, inWords } from "./words.ts";

export interface TerminalOptions {
  /** Display columns of the terminal. */
  readonly columns: number;
  readonly colour: boolean;
}

const header = (page: Page, summary: Summary): readonly string[] => {
  const { run, host } = summary;
  const duration = run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  const took = duration === null || Number.isNaN(duration) ? "not ended" : formatDuration(duration);
  const facts: readonly (readonly [string, string])[] = [
    ["run", `${run.id}${run.complete ? "" : " (incomplete)"}, ${formatTime(run.startedAt)}, ${took}`],
    [
      "host",
      `${host.hostname}, ${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")}, ${formatBytes(host.memoryBytes)}, ${host.virtualisation}`,
    ],
    [
      "system",
      `${host.distribution}, kernel ${host.kernel} ${host.arch}, governor ${known(host.governor) ?? "not known"}`,
    ],
    [
      "design",
      `${formatNumberOf(run.blocks, "block")}, seed ${run.seed}, profile ${run.profile}, method ${run.method}, ${run.tool}`,
    ],
    [
      "trials",
      `${formatCount(run.trials.measured)} measured, ${formatCount(run.trials.skipped)} skipped, ${formatCount(run.trials.failed)} failed`,
    ],
  ];
  const isolation = isolationText(run);
  const all = isolation === null ? facts : [...facts, ["inside", isolation] as const];
  return all.flatMap(([name, text]) => paragraph(page, text, name.padEnd(8)));
};

const skippedLines = (page: Page, summary: Summary): readonly string[] => {
  const skipped = skippedAgents(summary);
  if (skipped.length === 0) return [];
  return [
    ...heading(page, "Skipped agents"),
    ...skipped.flatMap((agent) => [
      ...paragraph(page, `${agent.id}: ${agent.reason ?? "no reason was recorded"}`, INDENT),
      ...(agent.hint === null ? [] : paragraph(page, agent.hint, `${INDENT}${INDENT}-> `)),
    ]),
  ];
};

const bullets = (page: Page, title: string, items: readonly string[]): readonly string[] =>
  items.length === 0
    ? []
    : [...heading(page, title), ...items.flatMap((item) => paragraph(page, item, `${INDENT}! `))];

const bannerLines = (page: Page, text: string | null): readonly string[] =>
  text === null ? [] : ["", ...paragraph(page, text).map((line) => page.paint("yellow", line))];

/**
 * @returns lines of at most `columns` display columns (40 at the least; a table that cannot shrink further is left wider),
 * ending in a newline; without any escape sequence when `colour` is false
 */
export const renderTerminal = (whole: Summary, options: TerminalOptions): string => {
  const summary = sensorsOnly(whole);
  const page: Page = { columns: Math.max(NARROWEST, options.columns), paint: painter(options.colour) };
  const lines = [
    ...header(page, summary),
    ...bannerLines(page, emulationBanner(summary)),
    ...groupsOf(summary).flatMap((group) => costTable(page, summary, group)),
    ...ledgerTable(page, summary),
    ...techniqueLines(page, summary),
    ...backpressureTable(page, summary),
    ...verdictTables(page, summary),
    ...trustLines(page, summary),
    ...skippedLines(page, summary),
    ...bullets(page, "Warnings", summary.warnings),
    ...bullets(page, "Not measurable here", summary.notMeasurable),
    ...heading(page, "In short"),
    ...inWords(summary).flatMap((sentence) => paragraph(page, sentence, INDENT)),
  ];
  return `${lines.join("\n")}\n`;
};
