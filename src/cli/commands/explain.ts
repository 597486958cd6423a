/** `tare explain`: a verdict, an exit code, an error, a metric or a word of the report, in plain words. */
import { Command } from "commander";
import { TareError } from "../../domain/errors.ts";
import { suggest } from "../../domain/suggest.ts";
import type { CliContext } from "../context.ts";
import { ERRORS, EXIT_CODES } from "../explain/exit-codes.ts";
import type { Explanation } from "../explain/explanation.ts";
import { METRIC_EXPLANATIONS } from "../explain/metrics.ts";
import { TERMS } from "../explain/terms.ts";
import { VERDICTS } from "../explain/verdicts.ts";
import { listing } from "../listing.ts";
import { worded } from "../screen.ts";
import { wrap } from "../../report/width.ts";

const GROUPS: readonly (readonly [title: string, topics: ReadonlyMap<string, Explanation>])[] = [
  ["Verdicts", new Map(Object.entries(VERDICTS))],
  ["Exit codes", EXIT_CODES],
  ["Errors", ERRORS],
  ["Metrics", METRIC_EXPLANATIONS],
  ["Words", TERMS],
];

/** Every topic with all that it may mean: "inconclusive" is one thing, "usage" an error. */
export const TOPICS: readonly string[] = [...new Set(GROUPS.flatMap(([, topics]) => [...topics.keys()]))];

/** As a reader types it from a report: "Over budget", "no detectable cost", "A/A". */
const normal = (topic: string): string =>
  topic
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_/]+/g, "-")
    .replace(/-budget$/, "");

export const explainCommand = (context: CliContext): Command =>
  new Command("explain")
    .description("say in plain words what a verdict, an exit code, a metric or a word of the report means")
    .argument("[topic...]", "see below; several words are one topic")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((words: readonly string[], flags: { readonly json?: boolean }) => {
      if (words.length === 0) {
        context.screen.result(flags.json === true ? JSON.stringify(TOPICS) : LISTING);
        return;
      }
      const topic = normal(words.join(" "));
      const found = GROUPS.flatMap(([, topics]) => topics.get(topic) ?? []);
      if (found.length === 0) {
        const near = suggest(topic, TOPICS);
        throw new TareError(
          "usage",
          `nothing is known of "${words.join(" ")}"`,
          near === undefined ? "`tare explain` lists the topics" : `did you mean "${near}"?`,
        );
      }
      context.screen.result(worded(flags.json, found, () => found.map(shown).join("\n\n")));
    });

const COLUMNS = 80;

const shown = ({ title, meaning, next }: Explanation): string =>
  [
    title,
    "",
    ...wrap(meaning, COLUMNS),
    ...(next === "" ? [] : ["", ...wrap(`What next: ${next}`, COLUMNS)]),
  ].join("\n");

const LISTING = listing(GROUPS.map(([title, topics]) => [`${title}:`, [...topics.keys()].join(", ")]));

const HELP = `
Topics:
${LISTING}

Examples:
  tare explain inconclusive
  tare explain 5
  tare explain silent`;
