/** Measures a plan into a record, then writes and shows what came of it: the part that a new and a resumed run share. */
import { resolve } from "node:path";
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { NodeState } from "../observe/node-state.ts";
import { readRecord } from "../record/reader.ts";
import type { RecordWriter } from "../record/writer.ts";
import { renderSummaryJson } from "../report/json.ts";
import { renderTerminal } from "../report/terminal.ts";
import { conduct } from "./conduct.ts";
import type { CliContext } from "./context.ts";
import { exitCodeOf } from "./exit-code.ts";
import { createLiveView } from "./live-view.ts";
import type { RunFlags } from "./run-options.ts";
import { defaultReportPath, summarise, writeReport, writeSummary } from "./outputs.ts";

export interface MeasureRequest {
  readonly plan: Plan;
  readonly writer: RecordWriter;
  readonly before: NodeState;
  readonly firstBlock: number;
  readonly forecast: number;
  readonly agents: Awaited<ReturnType<CliContext["agents"]>>;
  readonly scenarios: Awaited<ReturnType<CliContext["scenarios"]>>;
}

export const measure = async (context: CliContext, request: MeasureRequest): Promise<void> => {
  try {
    const outcome = await conduct(context, {
      ...request,
      append: async (line: RecordLine) => {
        await request.writer.append(line);
      },
      tell: createLiveView(context.screen, request.plan, request.forecast * 1000, () => context.host.now()),
    });
    context.screen.note(
      outcome.reason === "time-budget"
        ? `time budget reached after ${outcome.blocks} of ${request.plan.blocks.length} blocks`
        : `${outcome.blocks} blocks done`,
    );
  } finally {
    await request.writer.close();
  }
};

/** Returns the exit code. */
export const finish = async (
  context: CliContext,
  flags: Pick<RunFlags, "json" | "report">,
  path: string,
  budgetDeclared: boolean,
): Promise<number> => {
  const record = await readRecord(path);
  const summary = summarise(record);
  const written = await writeSummary(record, summary);
  const report = flags.report === undefined ? defaultReportPath(context.root, record) : resolve(flags.report);
  await writeReport(record, summary, report);
  if (flags.json === true) context.screen.result(renderSummaryJson(summary));
  else
    context.screen.result(
      renderTerminal(summary, { columns: context.screen.columns, colour: context.screen.colour }),
    );
  for (const file of [path, ...written, report]) context.screen.note(`wrote ${file}`);
  return exitCodeOf(summary, budgetDeclared);
};
