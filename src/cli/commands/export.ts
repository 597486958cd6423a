/** `tare export`: a record's summary for other programs. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { EXPORT_FORMATS } from "../../report/export.ts";
import { loadRecord, viewOf } from "../../session/view.ts";
import { FOR_OTHERS, writeForUser } from "../../session/write.ts";
import type { CliContext } from "../context.ts";
import { listing } from "../listing.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

export const exportCommand = (context: CliContext): Command =>
  new Command("export")
    .description("write a record's figures for other programs; needs no root")
    .argument("<record>", "record.jsonl, or the run's folder")
    .addOption(
      new Option("--format <name>", "see below").choices(Object.keys(EXPORT_FORMATS)).makeOptionMandatory(),
    )
    .option("--out <file>", "where to write it (default: standard output)")
    .addHelpText("after", HELP)
    .action(async (path: string, flags: { readonly format: string; readonly out?: string }) => {
      const format = EXPORT_FORMATS[flags.format];
      if (format === undefined) throw new Error(`commander let the format "${flags.format}" pass`);
      await becomeOwnerOf([path], flags.out);
      const text = format.render(viewOf(await loadRecord(context, path)));
      if (flags.out === undefined) {
        context.screen.result(text);
        return;
      }
      await writeForUser(resolve(flags.out), text, {
        mode: FOR_OTHERS,
        elsewhere: "name another file with --out",
      });
      context.screen.info(`wrote ${resolve(flags.out)}`);
    });

const HELP = `
Formats:
${listing(Object.entries(EXPORT_FORMATS).map(([name, { summary }]) => [name, summary]))}

Examples:
  tare export results/20260101-120000-node1 --format markdown \\
      >> "$GITHUB_STEP_SUMMARY"
  tare export results/20260101-120000-node1 --format openmetrics \\
      --out /var/lib/node_exporter/tare.prom
  tare export results/20260101-120000-node1 --format ndjson \\
      --out estimates.ndjson
  bq load --source_format=NEWLINE_DELIMITED_JSON ds.tare estimates.ndjson \\
      docs/schemas/estimates.bigquery.json

\`tare send\` has the other tables as well, and takes them to a server.`;
