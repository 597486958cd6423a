/** `tare diff`: what changed between two records beyond noise, for a pull request and for CI. */
import { Command, Option } from "commander";
import type { Loaded } from "../../analyse/compare/conditions.ts";
import { diffRecords } from "../../analyse/compare/diff.ts";
import type { RecordDiff } from "../../domain/comparison.ts";
import { EXIT, TareError } from "../../domain/errors.ts";
import { renderDiffMarkdown, renderDiffTerminal } from "../../report/diff/text.ts";
import { renderDiffJson } from "../../report/json.ts";
import { comparable, refusal } from "../../session/joint-report.ts";
import { loadRecord } from "../../session/view.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

const FORMATS = { text: renderDiffTerminal, markdown: renderDiffMarkdown, json: renderDiffJson };

interface DiffFlags {
  readonly tolerance?: number;
  readonly format: keyof typeof FORMATS;
  readonly json?: boolean;
  readonly all?: boolean;
}

export const diffCommand = (context: CliContext): Command =>
  new Command("diff")
    .description("say what changed between two records beyond noise; the exit code is for CI")
    .argument("<old>", "record.jsonl, or the run's folder")
    .argument("<new>", "the record to compare with it")
    .option(
      "--tolerance <percent>",
      "ignore changes of a cost that are smaller than this (default: 1; of counts: 0)",
      parseTolerance,
    )
    .addOption(
      new Option("--format <name>", "text, or Markdown for a pull request")
        .choices(Object.keys(FORMATS))
        .default("text"),
    )
    .option("--all", "list what did not change or cannot be told as well, not only its count")
    .option("--json", "the same as --format json (docs/schemas/diff.schema.json)")
    .addHelpText(
      "after",
      `
Judged are workload CPU, system CPU, the agent's CPU and its memory, and losses;
everything else is shown. Of records of \`tare count\`, the instructions are.
"Worse" means: even the lower bound of the difference is above the tolerance,
with all comparisons taken into account. What may not be judged alone is not
judged here: figures of an emulated node, the costs of an agent that sheds
events or crashed, records of different methods.

Examples:
  tare diff results/before results/after
  tare diff results/main results/branch --format markdown \\
      >> "$GITHUB_STEP_SUMMARY"

${exitCodesHelp("diff")}`,
    )
    .action(
      exitsWith(async (oldPath: string, newPath: string, flags: DiffFlags) => {
        await becomeOwnerOf([oldPath, newPath]);
        const before = comparable(await loadRecord(context, oldPath));
        const after = comparable(await loadRecord(context, newPath));
        const diffed = diffRecords(before, after, flags.tolerance);
        if (diffed.kind === "refused") throw refusal(diffed.conflicts, [oldPath, newPath]);
        const format = flags.json === true ? "json" : flags.format;
        const { columns, colour } = context.screen;
        context.screen.result(FORMATS[format](diffed.diff, { columns, colour, all: flags.all === true }));
        return exitCodeOf(diffed.diff, isDamaged(before) || isDamaged(after));
      }),
    );

const parseTolerance = (text: string): number => {
  const percent = Number(text.replace(/ ?%$/, ""));
  if (text.trim() === "" || !Number.isFinite(percent) || percent < 0) {
    throw new TareError(
      "usage",
      `--tolerance ${text}: not a percentage of at least 0`,
      "for example --tolerance 2",
    );
  }
  return percent;
};

/** What was lost or changed could have said otherwise. */
const isDamaged = ({ view }: Loaded): boolean => view.warnings.some(({ kind }) => kind === "record-problem");

/** Worse counts even where something else is undecided; if everything is undecided, that is not "no change". */
export const exitCodeOf = ({ changes, losses, obstacles }: RecordDiff, damaged = false): number => {
  const outcomes = [...changes, ...losses].flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
  if (outcomes.includes("worse")) return EXIT.overBudget;
  const costs = changes.filter(({ outcome }) => outcome !== null);
  if (damaged || obstacles.length > 0 || costs.every(({ outcome }) => outcome === "open"))
    return EXIT.inconclusive;
  return EXIT.withinBudget;
};
