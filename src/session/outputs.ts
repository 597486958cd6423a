/** Everything that is written of a record: after a run, and again by `tare analyse` and `tare report`. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { TareError } from "../domain/errors.ts";
import { fileName } from "../domain/file-name.ts";
import type { Host } from "../domain/host.ts";
import type { RunView } from "../domain/run-view.ts";
import { isWritable, readWhole } from "../record/files.ts";
import { readRecord, type LoadedRecord } from "../record/reader.ts";
import { renderBackpressureCsv } from "../report/backpressure-csv.ts";
import { renderCoverageCsv } from "../report/coverage-csv.ts";
import { renderCsv } from "../report/csv.ts";
import { renderSummaryJson } from "../report/json.ts";
import { renderNdjson } from "../report/ndjson.ts";
import { interruptible } from "./interruptible.ts";
import { viewOf } from "./view.ts";
import { writeForUser } from "./write.ts";

export interface Results {
  readonly record: LoadedRecord;
  readonly view: RunView;
  /** Paths of the record and of all that was written. */
  readonly files: readonly string[];
}

/** Writes summaries and page of a record. `page`: path of the page; undefined: the usual one; false: none. */
export const writeResults = async (
  host: Pick<Host, "root">,
  path: string,
  page: string | false | undefined,
): Promise<Results> => {
  const reasonFor = (signal: string): TareError =>
    new TareError(
      "interrupted",
      `interrupted by ${signal} while the report was being written; the record is whole`,
      `\`tare report ${dirname(path)}\` makes its page`,
    );
  let left: TareError | undefined;
  return await interruptible(
    (signal) => (left = reasonFor(signal)),
    () => writeAll(host, path, page),
    // Nothing is to be undone.
    () => left,
  );
};

const writeAll = async (
  host: Pick<Host, "root">,
  path: string,
  page: string | false | undefined,
): Promise<Results> => {
  const record = await readRecord(path);
  const view = viewOf(record);
  const written = await writeSummary(record, view);
  const reports = page === false ? [] : [await writeReport(host, record, view, page)];
  return { record, view, files: [path, ...written, ...reports] };
};

/**
 * Writes summary.json and summary.csv beside the record, coverage.csv where techniques were tried, and backpressure.csv where an overflow was
 * forced. Returns their paths.
 */
export const writeSummary = async (record: LoadedRecord, view: RunView): Promise<readonly string[]> => {
  const { overflow, matrix } = view;
  const texts = {
    "summary.json": renderSummaryJson(view),
    "summary.csv": renderCsv(view),
    ...(matrix === undefined ? {} : { "coverage.csv": renderCoverageCsv(matrix) }),
    ...(overflow.length === 0 ? {} : { "backpressure.csv": renderBackpressureCsv(overflow) }),
  };
  const paths: string[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const path = join(dirname(record.path), name);
    await writeForUser(path, text);
    paths.push(path);
  }
  return paths;
};

const IN_FOLDER = "it lies in the run's folder";

/** `reports/<run>.html` in the clone, or beside the record where the clone is another user's. */
const usualPage = async (root: string, record: LoadedRecord): Promise<string> => {
  const own = dirname(resolve(record.path));
  const reports = join(root, "reports");
  return (await isWritable(reports))
    ? join(reports, `${fileName(basename(own) || record.header.run)}.html`)
    : join(own, "report.html");
};

/** Writes the page. Returns its path. */
export const writeReport = async (
  { root }: Pick<Host, "root">,
  record: LoadedRecord,
  view: RunView,
  page: string | undefined,
): Promise<string> => {
  const path = page === undefined ? await usualPage(root, record) : resolve(page);
  // The chart library takes half a second to load: only a page is worth the wait.
  const { renderHtml } = await import("../report/html.ts");
  const downloads = [
    {
      name: "summary.csv",
      what: "one row an estimate",
      content: renderCsv(view),
      compressed: false,
      elsewhere: IN_FOLDER,
    },
    {
      name: "estimates.ndjson",
      what: "the same, one JSON object a line",
      content: renderNdjson(view),
      compressed: true,
      elsewhere: "tare export --format ndjson writes it",
    },
    {
      name: "summary.json",
      what: "estimates, ledger, verdicts, trust",
      content: renderSummaryJson(view),
      compressed: true,
      elsewhere: IN_FOLDER,
    },
    {
      name: "record.jsonl",
      what: "every trial as it was measured, sealed",
      content: await readWhole(record.path),
      compressed: true,
      elsewhere: IN_FOLDER,
    },
  ];
  await writeForUser(path, await renderHtml(view, { evidence: evidenceOf(record), downloads }));
  return path;
};

/** What lets a reader check a page against the record. */
export const evidenceOf = (
  record: LoadedRecord,
): readonly { readonly title: string; readonly text: string }[] => [
  { title: "Record", text: `${nameOf(record.path)} (${record.lines.length} lines)` },
  { title: "Digest of its last line", text: record.lastDigest },
  { title: "Made again by", text: againText(record.path) },
];

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
