/** `tare verify`: whether a record is whole, and whether its summary is what the record says. Works on any machine. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { EXIT } from "../../domain/errors.ts";
import { recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import { renderSummaryJson } from "../../report/json.ts";
import { checksOf } from "../../report/view/checks.ts";
import { viewOf } from "../../session/view.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { worded } from "../screen.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

type Comparison = "same" | "different" | "absent";

export const verifyCommand = (context: CliContext): Command =>
  new Command("verify")
    .description("check a record's digests, analyse it from scratch, and compare with the summary beside it")
    .argument("<record>", "record.jsonl, or the run's folder")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The summary is made again with the seed in the record and must come out byte for
byte.

Examples:
  tare verify results/20260101-120000-node1
  for run in results/*/; do tare verify "$run" || echo "look at $run"; done

${exitCodesHelp("verify")}`,
    )
    .action(
      exitsWith((path: string, flags: { readonly json?: boolean }) =>
        verify(context, path, flags.json === true),
      ),
    );

const verify = async ({ screen }: CliContext, path: string, json: boolean): Promise<number> => {
  await becomeOwnerOf([path]);
  const record = await readRecord(await recordPath(path));
  const view = viewOf(record);
  const beside = join(dirname(record.path), "summary.json");
  const saved = await readFile(beside, "utf8").catch(() => undefined);
  const again = renderSummaryJson(view);
  const comparison: Comparison = saved === undefined ? "absent" : saved === again ? "same" : "different";
  const { problems } = record;
  const failures = checksOf(view)
    .filter(({ state }) => state === "failed")
    .map(({ title, text }) => `${title}: ${text}`);
  const good = problems.length === 0 && comparison !== "different";
  const lines = record.lines.length;
  const { tool, method } = record.header;
  const found = { record: record.path, lines, problems, summary: comparison, selfChecks: failures, good };
  screen.result(
    worded(json, found, () =>
      [
        `${record.path}: ${lines} lines, written by tare ${tool.version}, method ${method}`,
        ...(problems.length === 0
          ? ["digests: every line is as it was written, none is missing"]
          : problems.map((problem) => `line ${problem.line}: ${problem.why}`)),
        COMPARISONS[comparison],
        ...(failures.length === 0
          ? ["self-checks: none failed"]
          : failures.map((failure) => `self-check failed: ${failure}`)),
      ].join("\n"),
    ),
  );
  return good ? EXIT.withinBudget : EXIT.inconclusive;
};

const COMPARISONS: Readonly<Record<Comparison, string>> = {
  same: "summary.json: reproduced byte for byte",
  different:
    "summary.json: NOT what this tare makes of the record (another version, or one of the two was changed)",
  absent: "summary.json: there is none beside the record to compare with",
};
