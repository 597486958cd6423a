/** `tare send`: results and the events of runs as rows for a data lake. */
import { Command } from "commander";
import { EXIT } from "../../domain/errors.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";
import { formatCount, formatNumberOf } from "../../report/format.ts";
import { LAKE_TABLES } from "../../report/lake/tables.ts";
import { DEFAULT_RETRIES } from "../../send/retry.ts";
import { sendRuns, type Sent } from "../../session/send-runs.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { parseNames, whole } from "../flags.ts";
import { listing } from "../listing.ts";
import { worded } from "../screen.ts";

interface SendFlags {
  readonly to: string;
  readonly tables?: readonly string[];
  readonly retries: number;
  readonly json?: boolean;
}

export const sendCommand = (context: CliContext): Command =>
  new Command("send")
    .description("send records' figures and what happened in their runs to a data lake, as NDJSON")
    .argument("<record...>", "record.jsonl files, or runs' folders")
    .requiredOption(
      "--to <where>",
      "a file, http(s)://HOST/PATH, kafka://HOST:PORT/TOPIC, or - for standard output",
    )
    .option("--tables <list>", "tables to send, comma-separated (default: all)", parseNames)
    .option(
      "--retries <n>",
      "how often a batch is tried again where that may help",
      whole("--retries", 0),
      DEFAULT_RETRIES,
    )
    .option("--json", "print what was sent as JSON")
    .addHelpText("after", HELP)
    .action(exitsWith((paths: readonly string[], flags: SendFlags) => send(context, paths, flags)));

const send = async (context: CliContext, paths: readonly string[], flags: SendFlags): Promise<number> => {
  const { screen } = context;
  await becomeOwnerOf(paths, /^-$|:\/\//.test(flags.to) ? undefined : flags.to);
  const { text, ...sent } = await sendRuns(context, paths, { ...flags, environment: process.env });
  if (text === undefined) screen.result(worded(flags.json, sent, () => sentText(sent)));
  else screen.result(text);
  return EXIT.withinBudget;
};

const sentText = ({ to, runs, rows, earlier }: Sent): string => {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const tables = Object.entries(rows)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => `${table} ${formatCount(count)}`);
  const before = earlier === 0 ? "" : `, ${formatCount(earlier)} of them at an earlier try`;
  return `${to}: ${formatNumberOf(all, "row")} of ${formatNumberOf(runs.length, "run")}${before} (${tables.join(", ")})`;
};

const HELP = `
Tables:
${listing(LAKE_TABLES.map(({ name, summary }) => [name, summary]))}

{table} and {run} in --to are filled in for each row. A file is written whole,
in the place of what was there. Rows have ids: a run that is sent twice makes no
second row in a table that keeps one of each (docs/lake.md).

Credentials are taken from TARE_HTTP_AUTHORIZATION, from the file that
TARE_HTTP_AUTHORIZATION_FILE or TARE_KAFKA_CONFIG names, and never from here.

Examples:
  tare send results/20260101-120000-node1 --to lake/{table}.ndjson
  tare send results/*/ --to 'lake/{table}/{run}.ndjson.gz'
  tare send results/*/ --to https://lake.example.org/in/{table}
  tare send results/*/ --to kafka://broker1:9093,broker2:9093/tare
  tare send results/20260101-120000-node1 --tables events --to -

${exitCodesHelp("send")}`;
