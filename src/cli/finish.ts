/** After measuring: everything that is written of a record, and what the screen shows last. */
import { resolve } from "node:path";
import type { Summary } from "../domain/verdict.ts";
import { readRecord } from "../record/reader.ts";
import { renderSummaryJson } from "../report/json.ts";
import { renderTerminal } from "../report/terminal.ts";
import type { CliContext } from "./context.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { MeasuredRun } from "./new-run.ts";
import { defaultReportPath, summarise, writeReport, writeSummary } from "./outputs.ts";
import type { RunFlags } from "./run-options.ts";

/** Writes summaries and report of a record. */
export const writeResults = async (
  context: CliContext,
  flags: Pick<RunFlags, "report">,
  path: string,
): Promise<{ readonly summary: Summary; readonly files: readonly string[] }> => {
  const record = await readRecord(path);
  const summary = summarise(record);
  const written = await writeSummary(record, summary);
  const report = flags.report === undefined ? defaultReportPath(context.root, record) : resolve(flags.report);
  await writeReport(record, summary, report);
  return { summary, files: [path, ...written, report] };
};

/** Shows a measured run; returns the exit code. */
export const finish = async (
  context: CliContext,
  flags: Pick<RunFlags, "json" | "report">,
  run: MeasuredRun,
): Promise<number> => {
  const { screen } = context;
  const { summary, files } = await writeResults(context, flags, run.path);
  screen.result(
    flags.json === true
      ? renderSummaryJson(summary)
      : renderTerminal(summary, { columns: screen.columns, colour: screen.colour }),
  );
  for (const file of files) screen.info(`wrote ${file}`);
  return exitCodeOf(summary, run.budgetDeclared);
};
