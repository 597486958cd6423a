/** `tare analyse`: the summary of a record, made again from the record alone. */
import { Command } from "commander";
import { renderSummaryJson } from "../../report/json.ts";
import { renderTerminal } from "../../report/terminal.ts";
import { writeSummary } from "../../session/outputs.ts";
import { loadRecord, viewOf } from "../../session/view.ts";
import type { CliContext } from "../context.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

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
      const { screen } = context;
      await becomeOwnerOf([path]);
      const record = await loadRecord(context, path);
      const view = viewOf(record);
      if (flags.write === true) {
        for (const file of await writeSummary(record, view)) screen.info(`wrote ${file}`);
      }
      screen.result(flags.json === true ? renderSummaryJson(view) : renderTerminal(view, screen));
    });
