/** What a run of tests ends with: real runs of vitest over small files. */
import { execa } from "execa";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";

let folder: string;

beforeAll(() => {
  // vitest is resolved from where the files lie.
  folder = mkdtempSync(join(ROOT, "node_modules/.cache/count-tests-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The last lines after a run of the given files, each a name and its text. */
const lastLines = async (name: string, files: Readonly<Record<string, string>>): Promise<string[]> => {
  const [tests, reports] = [join(folder, name), join(folder, `${name}-reports`)];
  for (const made of [tests, reports]) mkdirSync(made);
  writeFileSync(join(tests, "vitest.config.ts"), "export default {};");
  for (const [file, text] of Object.entries(files))
    writeFileSync(join(tests, file), `import { afterAll, expect, test } from "vitest";\n${text}`);
  const run = await execa(
    process.execPath,
    [
      join(ROOT, "node_modules/vitest/vitest.mjs"),
      "run",
      `--root=${tests}`,
      `--reporter=${join(ROOT, "scripts/test-reporter.ts")}`,
    ],
    { reject: false, env: { TARE_TEST_REPORT: join(reports, "one.json") } },
  );
  const { stdout } = await execa(process.execPath, [
    join(ROOT, "scripts/count-tests.ts"),
    reports,
    String(run.exitCode),
  ]);
  return stdout.split("\n");
};

test("all pass: the counts alone", async () => {
  expect(
    await lastLines("passing", {
      "a.test.ts": `test("one", () => {}); test("two", () => {}); test.skip("three");`,
    }),
  ).toEqual(["2 passed, 0 failed, 1 skipped"]);
});

test("what failed is named, and so is what passed at its second try", async () => {
  const lines = await lastLines("failing", {
    "a.test.ts": `test("good", () => {}); test("bad", () => { expect(1).toBe(2); });`,
    "b.test.ts": `let n = 0; test("late", { retry: 1 }, () => { expect(n++).toBe(1); });`,
    "c.test.ts": `throw new Error("does not load");`,
    "d.test.ts": `test("fine", () => {}); afterAll(() => { throw new Error("does not clean up"); });`,
  });
  expect(lines.slice(0, -2).sort()).toEqual([
    "failed: a.test.ts > bad: expected 1 to be 2 // Object.is equality",
    "failed: c.test.ts: does not load",
    "failed: d.test.ts: does not clean up",
  ]);
  expect(lines.slice(-2)).toEqual([
    "passed at its second try: b.test.ts > late: expected +0 to be 1 // Object.is equality",
    "3 passed, 3 failed, 0 skipped",
  ]);
});

test("a run that ends before its tests has failed", async () => {
  const reports = join(folder, "none");
  mkdirSync(reports);
  const { stdout } = await execa(process.execPath, [join(ROOT, "scripts/count-tests.ts"), reports, "1"]);
  expect(stdout).toBe("failed: the run itself: exit status 1\n0 passed, 1 failed, 0 skipped");
});
