/** A record as the reports take it. */
import { analyse } from "../analyse/analyse.ts";
import type { Summary } from "../domain/verdict.ts";
import { recordPath } from "../record/files.ts";
import { readRecord, type LoadedRecord } from "../record/reader.ts";
import type { Session } from "./session.ts";

/** What is wrong with the record's file becomes part of the warnings. */
export const view = (record: LoadedRecord): Summary => {
  const summary = analyse(record.lines);
  const problems = record.problems.map((problem) => `record line ${problem.line}: ${problem.why}`);
  return problems.length === 0 ? summary : { ...summary, warnings: [...problems, ...summary.warnings] };
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

export const tellProblems = ({ tell }: Pick<Session, "tell">, { path, problems }: LoadedRecord): void => {
  for (const { line, why } of problems) tell({ kind: "damaged", path, line, why });
};
