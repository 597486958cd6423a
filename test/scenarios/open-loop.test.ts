import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operationsOf, type Load } from "../../src/domain/scenario.ts";
import {
  buildDrivers,
  countAbove,
  countOf,
  drive,
  native,
  operationOf,
  quantileOf,
  start,
  temporaryDirectory,
} from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

type Open = Extract<Load, { kind: "open" }>;

const flagsOf = (load: Open, path: string): readonly string[] => [
  "--trial=0a0b",
  "--mode=open",
  `--rate=${load.ratePerSecond}`,
  `--batches=${load.batches}`,
  `--batch-operations=${load.batchOperations}`,
  `--warmup-operations=${load.warmupOperations}`,
  `--directory=${path}`,
];

const pathFor = (name: string): string => {
  const path = join(directory.path, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const cases = [
  { program: "process-exec", ratePerSecond: 200, batchOperations: 10 },
  { program: "file-open", ratePerSecond: 2000, batchOperations: 100 },
  { program: "network-connect", ratePerSecond: 500.5, batchOperations: 20 },
] as const;

describe.each(cases)("$program in an open loop", ({ program, ratePerSecond, batchOperations }) => {
  test("never counts a response shorter than its service, and starts no operation early", async () => {
    const load: Open = { kind: "open", ratePerSecond, batches: 5, batchOperations, warmupOperations: 10 };
    const result = await drive(native(program), flagsOf(load, pathFor(program)));
    const { count, errors, service, response } = operationOf(result);
    if (response === null) throw new Error("an open loop has response times");
    expect([result.mode, count, errors]).toEqual(["open", operationsOf(load), 0]);
    expect([countOf(service), countOf(response)]).toEqual([count, count]);
    for (const quantile of [0, 0.1, 0.5, 0.9, 0.99, 1]) {
      expect(quantileOf(response, quantile)).toBeGreaterThanOrEqual(quantileOf(service, quantile));
    }
    const lastDue = ((count - 1) / ratePerSecond) * 1e9;
    expect(result.endNs - result.startNs).toBeGreaterThanOrEqual(lastDue);
  });
});

test("does what is late instead of leaving it out, and lets only the response times show the wait", async () => {
  const load: Open = {
    kind: "open",
    ratePerSecond: 250,
    batches: 6,
    batchOperations: 100,
    warmupOperations: 0,
  };
  const driver = start(native("file-open"), flagsOf(load, pathFor("stalled")));
  const processes = [...(await driver.prepared()), driver.child.pid ?? 0];
  const window = driver.go();
  await new Promise((resolve) => setTimeout(resolve, 150));
  for (const pid of processes) process.kill(pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const pid of processes) process.kill(pid, "SIGCONT");
  const { count, service, response } = operationOf(await window);
  await driver.drained();
  if (response === null) throw new Error("an open loop has response times");
  expect([count, countOf(service), countOf(response)]).toEqual([600, 600, 600]);
  expect(response.maxNs).toBeGreaterThanOrEqual(250e6);
  // Due while the driver stood still, and late by 50 ms or more: about 60. At most one was under way when it was stopped.
  const late = countAbove(response, 50e6);
  expect(late).toBeGreaterThanOrEqual(50);
  expect(countAbove(service, 50e6)).toBeLessThan(late / 20);
});

test("refuses an open loop without a rate, and a closed one with a rate", async () => {
  const counts = ["--trial=0001", "--batches=1", "--batch-operations=1"];
  const without = await start(native("process-exec"), ["--mode=open", ...counts]).ended;
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("--rate")]);
  const zero = await start(native("process-exec"), ["--mode=open", "--rate=0", ...counts]).ended;
  expect([zero.code, zero.stderr]).toEqual([2, expect.stringContaining('"0"')]);
  const closed = await start(native("process-exec"), ["--mode=closed", "--rate=5", ...counts]).ended;
  expect([closed.code, closed.stderr]).toEqual([2, expect.stringContaining("--rate")]);
});
