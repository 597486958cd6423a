/** Several records side by side: read, compared and written as one page. */
import { join, resolve } from "node:path";
import { compare } from "../analyse/compare/compare.ts";
import type { Loaded } from "../analyse/compare/loaded.ts";
import type { Comparison, Difference } from "../domain/comparison.ts";
import { TareError } from "../domain/errors.ts";
import { recordPath, writeWhole } from "../record/files.ts";
import { readRecord } from "../record/reader.ts";
import type { LoadedRecord } from "../record/reader.ts";
import type { CliContext } from "./context.ts";
import { evidenceOf, sayProblems, summarise } from "./outputs.ts";

/** A record as a comparison takes it, and as it lies on the disk. */
export interface ReadRecord extends Loaded {
  readonly record: LoadedRecord;
}

/** Says what is wrong with the file on the way. Throws a usage error where it is no record. */
export const loadRecord = async (context: CliContext, path: string): Promise<ReadRecord> => {
  const record = await readRecord(await recordPath(path));
  sayProblems(context.screen, record);
  return { record, header: record.header, lines: record.lines, summary: summarise(record) };
};

/** Records of different measurements are not put together: the key is said, with the value of each. */
export const refusal = (conflicts: readonly Difference[], paths: readonly string[]): TareError => {
  const [first] = conflicts;
  const which = (values: Difference["values"]): string =>
    values.map((value, index) => `"${value ?? ""}" in ${paths[index] ?? ""}`).join(", ");
  return new TareError(
    "usage",
    first === undefined
      ? "these records cannot be compared"
      : `these records cannot be compared: ${first.key} is ${which(first.values)}`,
    conflicts.length > 1
      ? `measure again with the same ${conflicts.map(({ key }) => key).join(", ")}; or make one report for each`
      : `measure again with the same ${first?.key ?? "conditions"}, or make one report for each`,
  );
};

/** Two records or more. Throws a usage error that names the key where they must not stand side by side. */
export const compareRecords = (records: readonly ReadRecord[]): Comparison => {
  const compared = compare(records);
  if (compared.kind === "refused") {
    throw refusal(
      compared.conflicts,
      records.map(({ record }) => record.path),
    );
  }
  return compared.comparison;
};

/** `reports/<first run>+<n>.html` in the clone. */
export const defaultJointPath = (root: string, records: readonly ReadRecord[]): string =>
  join(root, "reports", `${records[0]?.header.run ?? "records"}+${records.length - 1}.html`);

/** Reads the records, writes one page that puts them side by side, and returns what it says. Needs no root. */
export const writeJointReport = async (
  context: CliContext,
  paths: readonly string[],
  out?: string,
): Promise<{ readonly comparison: Comparison; readonly path: string }> => {
  const records: ReadRecord[] = [];
  for (const path of paths) records.push(await loadRecord(context, path));
  const comparison = compareRecords(records);
  const target = out === undefined ? defaultJointPath(context.root, records) : resolve(out);
  // The chart library takes half a second to load: only those who want the page wait for it.
  const { renderComparisonHtml } = await import("../report/comparison/page.ts");
  await writeWhole(
    target,
    await renderComparisonHtml(
      comparison,
      records.map(({ record }) => evidenceOf(record)),
    ),
  );
  return { comparison, path: target };
};
