/**
 * Runs test files in a guest with vitest's own runner but without vite, which has native parts and takes long to start under
 * emulation: the files are those of `test/`, unchanged. Prints each test as it ends and writes all as JSON.
 * `run-tests.ts [--named PATTERN] RESULTS.json FILE...`; PATTERN is of the full name.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startTests } from "vitest/internal/browser";
import type { TestOutcome } from "../../../src/machines/jobs/outcome.ts";

type Runner = Parameters<typeof startTests>[1];
type File = Awaited<ReturnType<typeof startTests>>[number];
type Task = File["tasks"][number];

const { values, positionals } = parseArgs({
  options: { named: { type: "string" } },
  allowPositionals: true,
});
const [results = "", ...files] = positionals;
const pattern = values.named === undefined ? undefined : new RegExp(values.named);

/** Emulation is slow: what takes a second elsewhere may take twenty. */
const TIMEOUT_MS = 300_000;

/** What tests print with console.info, by the id of the test: figures worth keeping. */
const saidIn = new Map<string, string[]>();
let running = "";
console.info = (line: string): void => {
  process.stdout.write(`${line}\n`);
  saidIn.set(running, [...(saidIn.get(running) ?? []), line]);
};

const date = new Date().toISOString().slice(0, 10);

const outcomeOf = (file: string, parents: readonly string[], task: Task): readonly TestOutcome[] => {
  const name = [...parents, task.name];
  const { result } = task;
  const error = result?.errors?.[0]?.message ?? "";
  if (task.type === "suite") {
    const broken = result?.state === "fail" && task.tasks.length === 0;
    return broken
      ? [{ file, name, state: "failed", why: error, said: [], date }]
      : task.tasks.flatMap((child) => outcomeOf(file, name, child));
  }
  const outcome = { file, name, said: saidIn.get(task.id) ?? [], date };
  if (result?.state === "pass") return [{ ...outcome, state: "passed", why: "" }];
  if (result?.state === "fail") return [{ ...outcome, state: "failed", why: error }];
  return [{ ...outcome, state: "skipped", why: (result as { note?: string } | undefined)?.note ?? "" }];
};

const say = (outcome: TestOutcome): void => {
  const why = outcome.why === "" ? "" : `: ${outcome.why.split("\n")[0] ?? ""}`;
  process.stdout.write(`${outcome.state} ${outcome.name.join(" > ")}${why}\n`);
};

const config = {
  root: process.cwd(),
  setupFiles: [],
  testTimeout: TIMEOUT_MS,
  hookTimeout: TIMEOUT_MS,
  maxConcurrency: 1,
  passWithNoTests: false,
  includeTaskLocation: false,
  allowOnly: true,
  retry: 0,
  testNamePattern: pattern,
  sequence: { seed: 0, hooks: "stack", setupFiles: "list", concurrent: false, shuffle: false },
} as unknown as Runner["config"];

// `expect.poll` looks for its limits where a worker of vitest has them.
Object.assign(globalThis, {
  __vitest_worker__: { ctx: {}, config: { ...config, expect: { poll: { timeout: 60_000 } } } },
});

const runner: Runner = {
  config,
  onTestAnnotate: async (_, annotation) => {
    process.stdout.write(`${annotation.message}\n`);
    return await Promise.resolve(annotation);
  },
  importFile: async (path) => await import(pathToFileURL(path).href),
  onBeforeRunTask: (task) => {
    running = task.id;
  },
  onAfterRunTask: (task) => {
    const suites: string[] = [];
    for (let suite = task.suite; suite !== undefined; suite = suite.suite) suites.unshift(suite.name);
    for (const outcome of outcomeOf("", suites, task)) say(outcome);
  },
};

const done = await startTests(
  files.map((file) => resolve(file)),
  runner,
);
const outcomes = done.flatMap((file): readonly TestOutcome[] => {
  const why = file.result?.errors?.[0]?.message ?? "it holds no test";
  if (file.tasks.length === 0) return [{ file: file.name, name: [], state: "failed", why, said: [], date }];
  return file.tasks
    .flatMap((task) => outcomeOf(file.name, [], task))
    .filter((outcome) => pattern === undefined || pattern.test(outcome.name.join(" ")));
});
writeFileSync(results, `${JSON.stringify(outcomes)}\n`);
process.exitCode = outcomes.some((outcome) => outcome.state === "failed") ? 1 : 0;
