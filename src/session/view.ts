/** A record as the reports take it. */
import { analyse } from "../analyse/analyse.ts";
import type { RunView } from "../domain/run-view.ts";
import type { Warning } from "../domain/warning.ts";
import { recordPath } from "../record/files.ts";
import { readRecord, type LoadedRecord } from "../record/reader.ts";
import type { Session } from "./session.ts";

/** What is wrong with the record's file becomes part of the warnings. */
export const viewOf = (record: LoadedRecord): RunView => {
  const view = analyse(record.lines);
  const problems = record.problems.map((problem): Warning => ({ kind: "record-problem", ...problem }));
  return { ...view, warnings: [...problems, ...view.warnings] };
};

/** @throws TareError `usage` where there is no record */
export const loadRecord = async (
  session: Pick<Session, "tell">,
  folderOrFile: string,
): Promise<LoadedRecord> => {
  const record = await readRecord(await recordPath(folderOrFile));
  tellProblems(session, record);
  return record;
};

const tellProblems = ({ tell }: Pick<Session, "tell">, { path, problems }: LoadedRecord): void => {
  for (const { line, why } of problems) tell({ kind: "damaged", path, line, why });
};
