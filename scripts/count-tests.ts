/** Prints the closing line of a test run from vitest's JSON report: `N passed, N failed, N skipped`. */
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests?: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const [path = ""] = process.argv.slice(2);
const report = JSON.parse(readFileSync(path, "utf8")) as Report;
// A file that does not even load holds no failed test, but must not pass unseen.
const broken = report.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
).length;
const skipped = report.numPendingTests + (report.numTodoTests ?? 0);
process.stdout.write(
  `${report.numPassedTests} passed, ${report.numFailedTests + broken} failed, ${skipped} skipped\n`,
);
