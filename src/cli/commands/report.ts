/** `tare report`: the page that people review, of one record or of several side by side. */
import { Command, Option } from "commander";
import { renderComparisonCsv } from "../../report/comparison/csv.ts";
import { renderComparisonMarkdown, renderComparisonTerminal } from "../../report/comparison/text.ts";
import { renderCsv } from "../../report/csv.ts";
import { renderComparisonJson, renderSummaryJson } from "../../report/json.ts";
import { renderMarkdown } from "../../report/markdown.ts";
import { isBenchFile } from "../../session/bench-file.ts";
import { writeJointReport } from "../../session/joint-report.ts";
import { writeReport } from "../../session/outputs.ts";
import { loadRecord, viewOf } from "../../session/view.ts";
import type { CliContext } from "../context.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

const FORMATS = ["csv", "json", "markdown"] as const;

interface ReportFlags {
  readonly out?: string;
  readonly json?: boolean;
  readonly print?: (typeof FORMATS)[number];
}

export const reportCommand = (context: CliContext): Command =>
  new Command("report")
    .description("write the page of a record, or one page that puts several side by side")
    .argument("<record...>", "record.jsonl files, or runs' folders")
    .option("--out <file>", "where to write it (default: reports/<run>.html)")
    .addOption(
      new Option("--print <format>", "print the figures on standard output as well").choices(FORMATS),
    )
    .option("--json", "print the page's path as JSON")
    .addHelpText("after", HELP)
    .action(async (paths: readonly string[], { out, json, print }: ReportFlags) => {
      const records = paths.filter((path) => !isBenchFile(path));
      const [only = ""] = records.length === 0 ? paths : records;
      await becomeOwnerOf(paths, out);
      const { path, texts } =
        records.length <= 1 ? await reportOne(context, only, out) : await reportSeveral(context, paths, out);
      const { screen } = context;
      if (print !== undefined) {
        screen.result(texts[print]());
        screen.info(`wrote ${path}`);
      } else if (json === true) screen.result(JSON.stringify({ reports: [path] }));
      else screen.result(`${texts.terminal()}wrote ${path}`);
    });

const HELP = `
Several records must be of one measurement (the same method, files-on and
isolation), or they are refused with the key that differs. Architectures,
kernels, nodes, dates and versions may differ: that is what the page names.
Loads of another shape are kept apart. With three nodes or more, or two of one
kind, the page begins with the fleet that they are of (docs/fleet.md): what one
more node would cost, how many may be over budget, and which node is outlying.
--print json writes what docs/schemas/summary.schema.json (one record) or
docs/schemas/comparison.schema.json (several) describes.

Examples:
  tare report results/20260101-120000-node1
  tare report results/run.amd64 results/run.arm64 --out reports/both.html
  tare report results/*/record.jsonl --print csv > all-nodes.csv`;

/** A page's path, and its figures in other forms. */
interface Reported {
  readonly path: string;
  readonly texts: Readonly<Record<(typeof FORMATS)[number] | "terminal", () => string>>;
}

const reportOne = async (context: CliContext, path: string, out?: string): Promise<Reported> => {
  const record = await loadRecord(context, path);
  const view = viewOf(record);
  return {
    path: await writeReport(context.host, record, view, out),
    texts: {
      csv: () => renderCsv(view),
      json: () => renderSummaryJson(view),
      markdown: () => renderMarkdown(view),
      terminal: () => "",
    },
  };
};

const reportSeveral = async (
  context: CliContext,
  paths: readonly string[],
  out?: string,
): Promise<Reported> => {
  const { comparison, path } = await writeJointReport(context, paths, out);
  return {
    path,
    texts: {
      csv: () => renderComparisonCsv(comparison),
      json: () => renderComparisonJson(comparison),
      markdown: () => renderComparisonMarkdown(comparison),
      terminal: () => renderComparisonTerminal(comparison, context.screen),
    },
  };
};
