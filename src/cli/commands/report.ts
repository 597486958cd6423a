/** `tare report`: the page that people review, from one record or several. */
import { resolve } from "node:path";
import { Command } from "commander";
import { TareError } from "../../domain/errors.ts";
import { recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import type { CliContext } from "../context.ts";
import { defaultReportPath, sayProblems, summarise, writeReport } from "../outputs.ts";

export const reportCommand = (context: CliContext): Command =>
  new Command("report")
    .description("write the report of one or more records, one HTML page each")
    .argument("<record...>", "record.jsonl files, or runs' folders")
    .option("--out <file>", "where to write it (default: reports/<run>.html); for one record only")
    .option("--json", "print the paths as JSON")
    .action(async (paths: readonly string[], flags: { readonly out?: string; readonly json?: boolean }) => {
      if (flags.out !== undefined && paths.length > 1) {
        throw new TareError(
          "usage",
          `--out names one file for ${paths.length} records`,
          "leave --out away, or give one record at a time",
        );
      }
      const reports: string[] = [];
      for (const path of paths) {
        const record = await readRecord(await recordPath(path));
        sayProblems(context.screen, record);
        const target = flags.out === undefined ? defaultReportPath(context.root, record) : resolve(flags.out);
        await writeReport(record, summarise(record), target);
        reports.push(target);
      }
      context.screen.result(
        flags.json === true ? JSON.stringify({ reports }) : reports.map((path) => `wrote ${path}`).join("\n"),
      );
    });
