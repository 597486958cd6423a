/**
 * Prints the closing line of a test run from vitest's JSON reports and the run's exit status: `N passed, N failed, N skipped`.
 *
 *   count-tests.ts FOLDER STATUS
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { JsonTestResults } from "vitest/node";

const [folder = "", status = ""] = process.argv.slice(2);
const reports = readdirSync(folder).map(
  (name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as JsonTestResults,
);
const sum = (count: (report: JsonTestResults) => number): number =>
  reports.reduce((total, report) => total + count(report), 0);

const passed = sum((report) => report.numPassedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
// A file that does not load, or whose clean-up fails, fails without a failed test in it.
const broken = sum(
  (report) =>
    report.testResults.filter(
      (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
    ).length,
);
const failed = sum((report) => report.numFailedTests) + broken;
// So does what stopped a run before its tests, or came from outside of them.
const unseen = failed === 0 && status !== "0" ? 1 : 0;
process.stdout.write(`${passed} passed, ${failed + unseen} failed, ${skipped} skipped\n`);
