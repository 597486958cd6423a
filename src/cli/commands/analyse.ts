/** `tare analyse`: the summary of a record, made again from the record alone. */
import { Command } from "commander";
import { recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import { renderSummaryJson } from "../../report/json.ts";
import { renderTerminal } from "../../report/terminal.ts";
import type { CliContext } from "../context.ts";
import { sayProblems, summarise, writeSummary } from "../outputs.ts";

export const analyseCommand = (context: CliContext): Command =>
  new Command("analyse")
    .description("analyse a record again: needs no root and not the machine it was made on")
    .argument("<record>", "record.jsonl, or the run's folder")
    .option("--write", "write summary.json and summary.csv beside the record")
    .option("--json", "print the summary as JSON")
    .addHelpText(
      "after",
      `
Examples:
  tare analyse results/20260101-120000-node1
  tare analyse results/20260101-120000-node1 --write
  tare analyse results/20260101-120000-node1/record.jsonl --json > summary.json`,
    )
    .action(async (path: string, flags: { readonly write?: boolean; readonly json?: boolean }) => {
      const record = await readRecord(await recordPath(path));
      sayProblems(context.screen, record);
      const summary = summarise(record);
      if (flags.write === true) {
        for (const file of await writeSummary(record, summary)) context.screen.info(`wrote ${file}`);
      }
      context.screen.result(
        flags.json === true
          ? renderSummaryJson(summary)
          : renderTerminal(summary, { columns: context.screen.columns, colour: context.screen.colour }),
      );
    });
