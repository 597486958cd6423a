/**
 * Ends a test run with what failed, what passed at its second try only, and the counts as the last line:
 * `N passed, N failed, N skipped`. It reads what `test-reporter.ts` left, and takes the run's exit status.
 *
 *   count-tests.ts FOLDER STATUS
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Failure, TestReport } from "./test-reporter.ts";

const [folder = "", status = ""] = process.argv.slice(2);
const reports = readdirSync(folder).map(
  (name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as TestReport,
);
const failed = reports.flatMap((report) => report.failed);
const sum = (count: (report: TestReport) => number): number =>
  reports.reduce((total, report) => total + count(report), 0);
const say = (what: string, tests: readonly Failure[]): void => {
  for (const { name, error } of tests) process.stdout.write(`${what}: ${name}: ${error}\n`);
};

// What stops a run before its tests fails without a report.
if (failed.length === 0 && status !== "0")
  failed.push({ name: "the run itself", error: `exit status ${status}` });
say("failed", failed);
say(
  "passed at its second try",
  reports.flatMap((report) => report.retried),
);
process.stdout.write(
  `${sum((report) => report.passed)} passed, ${failed.length} failed, ${sum((report) => report.skipped)} skipped\n`,
);
