/** Reads what a run in a guest came to out of its summary: `smoke-outcome.ts SUMMARY.json EXIT_CODE RUN.log` prints it as JSON. */
import { readFileSync } from "node:fs";
import { lastLines } from "../../../src/machines/last-lines.ts";
import type { SmokeOutcome } from "../../../src/machines/jobs/outcome.ts";

interface Summary {
  readonly host: { readonly emulated: unknown };
  readonly ledger: readonly {
    readonly agent: string;
    readonly scenario: string;
    readonly operations: number;
    readonly delivered: number;
  }[];
}

const [summaryPath = "", exitCode = "1", logPath = ""] = process.argv.slice(2);

const readSummary = (): Summary | undefined => {
  try {
    return JSON.parse(readFileSync(summaryPath, "utf8")) as Summary;
  } catch {
    // A run that failed early has none; its exit status and its log tell.
    return undefined;
  }
};

const summary = readSummary();
const events: Record<string, { operations: number; delivered: number }> = {};
for (const row of summary?.ledger ?? []) {
  if (row.agent !== "sensor") continue;
  const sum = (events[row.scenario] ??= { operations: 0, delivered: 0 });
  sum.operations += row.operations;
  sum.delivered += row.delivered;
}
const emulated = summary?.host.emulated ?? "no record";
const outcome: SmokeOutcome = {
  exitCode: Number(exitCode),
  events,
  emulated: typeof emulated === "boolean" ? emulated : JSON.stringify(emulated),
  said:
    Number(exitCode) === 0 && summary !== undefined
      ? ""
      : lastLines(readFileSync(logPath, "utf8")).join("\n"),
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
