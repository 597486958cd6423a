/**
 * Prints the closing line of a test run from vitest's JSON report and the run's exit status: `N passed, N failed, N skipped`.
 *
 *   count-tests.ts REPORT.json STATUS
 */
import { existsSync, readFileSync } from "node:fs";
import type { JsonTestResults } from "vitest/node";

const [path = "", status = ""] = process.argv.slice(2);
const text = existsSync(path) ? readFileSync(path, "utf8") : "";
const report: Partial<JsonTestResults> = text === "" ? {} : (JSON.parse(text) as JsonTestResults);
const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report;
// A file that does not load, or whose clean-up fails, fails without a failed test in it.
const broken = (report.testResults ?? []).filter(
  (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
).length;
const failed = numFailedTests + broken;
const skipped = numPendingTests + numTodoTests;
// So does what stopped the run before its tests, or came from outside of them.
const unseen = failed === 0 && status !== "0" ? 1 : 0;
process.stdout.write(`${numPassedTests} passed, ${failed + unseen} failed, ${skipped} skipped\n`);
