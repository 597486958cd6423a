/** One row an estimate, unrounded, for a spreadsheet or a notebook. */
import { stringify } from "csv-stringify/sync";
import type { Estimate, Summary } from "../domain/verdict.ts";

type Cell = string | number | null;

/**
 * A cell that begins like a formula is executed by spreadsheets when the file is opened, and an agent's message may begin
 * with anything. Numbers are written as numbers, so a negative cost stays one.
 */
const text = (value: string): string =>
  /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u.test(value) ? `'${value}` : value;

const COLUMNS: readonly (readonly [name: string, cell: (estimate: Estimate, summary: Summary) => Cell])[] = [
  ["run", (_, summary) => text(summary.run.id)],
  ["hostname", (_, summary) => text(summary.host.hostname)],
  ["emulated", (_, summary) => String(summary.host.emulated)],
  ["agent", (estimate) => text(estimate.agent)],
  ["agent_version", (estimate, summary) => versionOf(summary, estimate.agent)],
  ["scenario", (estimate) => text(estimate.scenario)],
  ["operation", (estimate) => text(estimate.operation)],
  ["load", (estimate) => text(estimate.load)],
  ["placement", (estimate) => text(estimate.placement)],
  ["metric", (estimate) => text(estimate.metric)],
  ["unit", (estimate) => text(estimate.unit)],
  ["absolute", (estimate) => estimate.absolute.value],
  ["absolute_low", (estimate) => estimate.absolute.low],
  ["absolute_high", (estimate) => estimate.absolute.high],
  ["ratio", (estimate) => estimate.ratio?.value ?? null],
  ["ratio_low", (estimate) => estimate.ratio?.low ?? null],
  ["ratio_high", (estimate) => estimate.ratio?.high ?? null],
  ["confidence", (estimate) => estimate.level],
  ["blocks", (estimate) => estimate.blocks],
  ["baseline", (estimate) => estimate.baseline],
  ["hodges_lehmann", (estimate) => estimate.hodgesLehmann],
  ["minimal_detectable", (estimate) => estimate.minimalDetectable],
  ["t_low", (estimate) => estimate.tInterval?.low ?? null],
  ["t_high", (estimate) => estimate.tInterval?.high ?? null],
  ["absolute_upper_95", (estimate) => estimate.bounds?.absoluteUpper95 ?? null],
  ["absolute_lower_family_wise", (estimate) => estimate.bounds?.absoluteLowerFamilyWise ?? null],
  ["ratio_upper_95", (estimate) => estimate.bounds?.ratioUpper95 ?? null],
  ["ratio_lower_family_wise", (estimate) => estimate.bounds?.ratioLowerFamilyWise ?? null],
  ["notes", (estimate) => text(estimate.notes.join("; "))],
];

const versionOf = (summary: Summary, id: string): Cell => {
  const version = summary.agents.find((agent) => agent.id === id)?.version ?? null;
  return version === null ? null : text(version);
};

/** RFC 4180 text with a header row. A missing figure is an empty cell. */
export const renderCsv = (summary: Summary): string =>
  stringify([
    COLUMNS.map(([name]) => name),
    ...summary.estimates.map((estimate) => COLUMNS.map(([, cell]) => cell(estimate, summary))),
  ]);
