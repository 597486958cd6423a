/** Several records side by side: read, compared and written as one page. */
import { basename, dirname, join, resolve } from "node:path";
import { compare } from "../analyse/compare/compare.ts";
import type { Loaded } from "../analyse/compare/conditions.ts";
import type { Comparison, Difference, Unread } from "../domain/comparison.ts";
import { TareError } from "../domain/errors.ts";
import { fileName } from "../domain/file-name.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import type { LoadedRecord } from "../record/reader.ts";
import { benchFilesOf, isBenchFile } from "./bench-file.ts";
import { evidenceOf } from "./outputs.ts";
import type { Session } from "./session.ts";
import { loadRecord, viewOf } from "./view.ts";
import { writeForUser } from "./write.ts";

/** Records of different measurements are not put together: the key is said, with the value of each. */
export const refusal = (conflicts: readonly Difference[], paths: readonly string[]): TareError => {
  const [first] = conflicts;
  const keys = conflicts.map(({ key }) => key).join(", ");
  const which = (values: Difference["values"]): string =>
    values.map((value, index) => `"${value ?? ""}" in ${paths[index] ?? ""}`).join(", ");
  return new TareError(
    "usage",
    first === undefined
      ? "these records cannot be compared"
      : `these records cannot be compared: ${first.key} is ${which(first.values)}`,
    `measure again with the same ${keys || "conditions"}${conflicts.length > 1 ? ";" : ","} or make one report for each`,
  );
};

/** A record as a comparison takes it. */
export const comparable = (record: LoadedRecord): Loaded => ({
  header: record.header,
  view: viewOf(record),
});

export interface JointReport {
  readonly comparison: Comparison;
  readonly path: string;
}

/** One record that cannot be read does not keep the others from being reported. */
const loadRecords = async (session: Pick<Session, "tell">, paths: readonly string[]) => {
  const records: LoadedRecord[] = [];
  const unread: Unread[] = [];
  let refused: TareError | undefined;
  for (const path of paths) {
    try {
      records.push(await loadRecord(session, path));
    } catch (error) {
      if (!(error instanceof TareError)) throw error;
      refused ??= error;
      const shown = shownPath(path);
      unread.push({ path: shown, why: error.message.replaceAll(path, shown) });
    }
  }
  if (refused !== undefined && records.length < MIN_COMPARED) throw refused;
  for (const one of unread) session.tell({ kind: "unread", ...one });
  return { records, unread };
};

/** A page is sent to others: it does not tell where records lie. */
const shownPath = (path: string): string => {
  const full = resolve(path);
  return basename(full) === "record.jsonl" ? join(basename(dirname(full)), basename(full)) : basename(full);
};

/** Of fewer there is nothing to put side by side. */
const MIN_COMPARED = 2;

/**
 * Reads the records, writes one page that puts them side by side, and returns what it says. `out`: `reports/<first run>+<n>.html`.
 * `here`: what was found of the agents on this machine, for records of its own guests.
 */
export const writeJointReport = async (
  session: Pick<Session, "host" | "tell">,
  paths: readonly string[],
  out?: string,
  here?: readonly AgentStatus[],
): Promise<JointReport> => {
  const { benches, unread: unknown } = await benchFilesOf(session.host, paths);
  const { records, unread } = await loadRecords(
    session,
    paths.filter((path) => !isBenchFile(path)),
  );
  const compared = compare(records.map(comparable), [...unread, ...unknown], benches);
  if (compared.kind === "refused") {
    throw refusal(
      compared.conflicts,
      records.map(({ path }) => path),
    );
  }
  const name = `${fileName(records[0]?.header.run ?? "records")}+${records.length - 1}.html`;
  const target = out === undefined ? join(session.host.root, "reports", name) : resolve(out);
  // The chart library takes half a second to load: only a page is worth the wait.
  const { renderComparisonHtml } = await import("../report/comparison/page.ts");
  await writeForUser(target, await renderComparisonHtml(compared.comparison, records.map(evidenceOf), here));
  return { comparison: compared.comparison, path: target };
};
