/** record -> analyse -> report: everything that is written after a run, and again by `tare analyse` and `tare report`. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { analyse } from "../analyse/analyse.ts";
import type { Summary } from "../domain/verdict.ts";
import type { LoadedRecord } from "../record/reader.ts";
import { writeWhole } from "../record/files.ts";
import { renderCsv } from "../report/csv.ts";
import { renderBackpressureCsv } from "../report/backpressure-csv.ts";
import { renderSummaryJson } from "../report/json.ts";
import { renderNdjson } from "../report/ndjson.ts";
import type { Screen } from "./screen.ts";

/** Analyses a record; what was wrong with its file becomes part of the warnings. */
export const summarise = (record: LoadedRecord): Summary => {
  const summary = analyse(record.lines);
  const problems = record.problems.map((problem) => `record line ${problem.line}: ${problem.why}`);
  return problems.length === 0 ? summary : { ...summary, warnings: [...problems, ...summary.warnings] };
};

/** Writes summary.json and summary.csv beside the record, and backpressure.csv where an overflow was forced. Returns their paths. */
export const writeSummary = async (record: LoadedRecord, summary: Summary): Promise<readonly string[]> => {
  const json = join(dirname(record.path), "summary.json");
  const csv = join(dirname(record.path), "summary.csv");
  await writeWhole(json, renderSummaryJson(summary));
  await writeWhole(csv, renderCsv(summary));
  if (summary.overflow === undefined) return [json, csv];
  const overflow = join(dirname(record.path), "backpressure.csv");
  await writeWhole(overflow, renderBackpressureCsv(summary.overflow));
  return [json, csv, overflow];
};

/** The file with its run's folder: a page is read far from the machine whose full path it would otherwise carry. */
const nameOf = (path: string): string => `${basename(dirname(path))}/${basename(path)}`;

const CLONE = resolve(import.meta.dirname, "../..");

/** Works as it stands in any clone that has the record at the same place; npm starts it in the clone, wherever it is called. */
const againText = (path: string): string => {
  const inside = relative(CLONE, resolve(path));
  return inside.startsWith("..")
    ? `npm run tare -- report FOLDER/${nameOf(path)}, in a clone, with the folder to which the record was copied`
    : `npm run tare -- report ${inside}`;
};

/** What lets a reader check a page against the record. */
export const evidenceOf = (
  record: LoadedRecord,
): readonly { readonly title: string; readonly text: string }[] => [
  { title: "Record", text: `${nameOf(record.path)} (${record.lines.length} lines)` },
  { title: "Digest of its last line", text: record.lastDigest },
  { title: "Made again by", text: againText(record.path) },
];

const IN_FOLDER = "it lies in the run's folder";

export const writeReport = async (record: LoadedRecord, summary: Summary, path: string): Promise<void> => {
  // The chart library takes half a second to load: only those who want the page wait for it.
  const { renderHtml } = await import("../report/html.ts");
  const downloads = [
    {
      name: "summary.csv",
      what: "one row an estimate",
      content: renderCsv(summary),
      compressed: false,
      elsewhere: IN_FOLDER,
    },
    {
      name: "estimates.ndjson",
      what: "the same, one JSON object a line",
      content: renderNdjson(summary),
      compressed: true,
      elsewhere: "tare export --format ndjson writes it",
    },
    {
      name: "summary.json",
      what: "estimates, ledger, verdicts, trust",
      content: renderSummaryJson(summary),
      compressed: true,
      elsewhere: IN_FOLDER,
    },
    {
      name: "record.jsonl",
      what: "every trial as it was measured, sealed",
      content: await readFile(record.path),
      compressed: true,
      elsewhere: IN_FOLDER,
    },
  ];
  await writeWhole(
    path,
    await renderHtml(summary, record.lines, { evidence: evidenceOf(record), downloads }),
  );
};

/** Where a run's report goes when nobody says otherwise: `reports/<run>.html` in the clone. */
export const defaultReportPath = (root: string, record: LoadedRecord): string =>
  join(root, "reports", `${basename(dirname(record.path)) || record.header.run}.html`);

export const sayProblems = (screen: Screen, record: LoadedRecord): void => {
  for (const problem of record.problems) screen.warn(`${record.path}:${problem.line}: ${problem.why}`);
};
