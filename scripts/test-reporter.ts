/**
 * A vitest reporter that leaves what `count-tests.ts` sums up, as JSON in the file that TARE_TEST_REPORT names.
 */
import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** A test (or a file that did not load or clean up) and the first line of what went wrong in it. */
export interface Failure {
  name: string;
  error: string;
}

export interface TestReport {
  passed: number;
  skipped: number;
  failed: Failure[];
  /** Passed, but not at the first try. */
  retried: Failure[];
}

const firstLine = (errors: readonly { message: string }[] | undefined): string =>
  errors?.[0]?.message.split("\n")[0] ?? "no message";

export default class TestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[]): void {
    const file = process.env["TARE_TEST_REPORT"];
    if (file === undefined) throw new Error("TARE_TEST_REPORT names no file");
    const report: TestReport = { passed: 0, skipped: 0, failed: [], retried: [] };
    for (const module of modules) this.#add(module, report);
    if (errors.length > 0) report.failed.push({ name: "outside of all tests", error: firstLine(errors) });
    writeFileSync(file, JSON.stringify(report));
  }

  #add(module: TestModule, report: TestReport): void {
    const failedBefore = report.failed.length;
    for (const test of module.children.allTests()) {
      const failure = (): Failure => ({ name: nameOf(module, test), error: firstLine(test.result().errors) });
      switch (test.result().state) {
        case "passed":
          report.passed++;
          if (test.diagnostic()?.flaky === true) report.retried.push(failure());
          break;
        case "failed":
          report.failed.push(failure());
          break;
        case "skipped":
        case "pending":
          report.skipped++;
      }
    }
    // A file that does not load, or whose clean-up fails, fails without a failed test in it.
    if (module.state() === "failed" && report.failed.length === failedBefore) {
      const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
      report.failed.push({
        name: module.relativeModuleId,
        error: firstLine([...module.errors(), ...suites]),
      });
    }
  }
}

const nameOf = (module: TestModule, test: TestCase): string =>
  `${module.relativeModuleId} > ${test.fullName}`;
