/** One process for each batch, on the real programs: what tells them from each other, and what is left when one of them or the driver dies. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OperationResult } from "../../src/domain/driver.ts";
import {
  buildDrivers,
  closed,
  countOf,
  drive,
  type Driver,
  isAlive,
  native,
  operationOf,
  start,
  temporaryDirectory,
} from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const BATCHES = 4;
const PROGRAMS = ["process-exec", "file-open", "network-connect", "syscall-tax", "high-value"];

const flagsOf = (program: string, batchOperations: number): readonly string[] => {
  const path = join(directory.path, program);
  mkdirSync(path, { recursive: true });
  const flags = ["--trial=0a1c", `--directory=${path}`, "--warmup-operations=100"];
  return closed({ flags, batches: BATCHES, batchOperations });
};

const fieldOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\t(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

const environmentOf = (pid: number): ReadonlyMap<string, string> =>
  new Map(
    readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .filter((pair) => pair !== "")
      .map((pair): [string, string] => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]),
  );

const distinct = (values: readonly unknown[]): number => new Set(values).size;

/** Reads everything about the waiting processes, then lets the driver go. */
const whileWaiting = async <T>(program: string, look: (pid: number) => T): Promise<readonly T[]> => {
  const driver = start(native(program), flagsOf(program, 100));
  const workers = await driver.prepared();
  const seen = workers.map(look);
  driver.endInput();
  expect(await driver.ended).toMatchObject({ code: 0, stderr: "" });
  return seen;
};

describe.each(PROGRAMS)("the processes of %s", (program) => {
  test("are one for each batch, children of the driver, of the same program and name", async () => {
    const driver = start(native(program), flagsOf(program, 100));
    const workers = await driver.prepared();
    expect(distinct(workers)).toBe(BATCHES);
    for (const pid of workers) {
      expect(fieldOf(pid, "PPid")).toBe(String(driver.child.pid));
      expect(fieldOf(pid, "Name")).toBe(program);
    }
    driver.endInput();
    await driver.ended;
    expect(workers.filter(isAlive)).toEqual([]);
  });

  test("lie elsewhere in memory each", async (ctx) => {
    const randomized = readFileSync("/proc/sys/kernel/randomize_va_space", "utf8").trim() !== "0";
    ctx.skip(!randomized, "kernel.randomize_va_space is 0: all processes lie at the same addresses");
    const maps = await whileWaiting(program, (pid) => readFileSync(`/proc/${pid}/maps`, "utf8"));
    expect(distinct(maps.map((text) => text.split("-", 1)[0]))).toBe(BATCHES);
    expect(distinct(maps.map((text) => /^(\w+)-\w+ .*\[stack\]$/m.exec(text)?.[1]))).toBe(BATCHES);
  });

  test("keep the driver's environment but for its padding, which has another length in each", async () => {
    const environments = await whileWaiting(program, environmentOf);
    expect(distinct(environments.map((one) => one.get("TARE_PADDING")?.length))).toBe(BATCHES);
    for (const one of environments) expect(one.get("PATH")).toBe(process.env["PATH"]);
  });
});

const STAGES = ["before it is told to go", "inside the window", "before it has drained"] as const;

const reach = async (stage: (typeof STAGES)[number]): Promise<Reached> => {
  const operations = stage === "inside the window" ? 5_000_000 : 100;
  const driver = start(native("syscall-tax"), flagsOf("syscall-tax", operations));
  const workers = await driver.prepared();
  if (stage === "inside the window") driver.say("go");
  if (stage === "before it has drained") await driver.go();
  return { driver, workers };
};

interface Reached {
  readonly driver: Driver;
  readonly workers: readonly number[];
}

/** Resolves when none of them is left; the orphans of a killed driver end on their own. */
const allGone = async (pids: readonly number[]): Promise<void> => {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe.each(STAGES)("%s", (stage) => {
  test.each([0, 2, BATCHES - 1])(
    "the death of batch %i's process is an error that names it",
    async (batch) => {
      const { driver, workers } = await reach(stage);
      process.kill(workers[batch] ?? 0, "SIGKILL");
      expect(await driver.line()).toBeUndefined();
      expect(await driver.ended).toEqual({
        code: 1,
        signal: null,
        stderr: `the process of batch ${batch + 1} of ${BATCHES} was ended by signal 9 (Killed)\n`,
      });
      expect(workers.filter(isAlive)).toEqual([]);
    },
  );

  test("the death of the driver ends them all", async () => {
    const { driver, workers } = await reach(stage);
    driver.child.kill("SIGKILL");
    expect(await driver.ended).toMatchObject({ signal: "SIGKILL" });
    await allGone(workers);
  });
});

test("a process that cannot be prepared says why, in one line", async () => {
  const flags = flagsOf("high-value", 6).filter((flag) => !flag.startsWith("--directory"));
  const { code, stderr } = await start(native("high-value"), [...flags, "--directory=/does/not/exist"]).ended;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^cannot create .*\n$/)]);
});

test("lines that come early wait for their turn", async () => {
  const driver = start(native("process-exec"), flagsOf("process-exec", 5));
  driver.say("go");
  driver.say("drained");
  driver.endInput();
  await driver.prepared();
  expect(await driver.line()).toMatch(/^\{"protocol":2/);
  expect(await driver.line()).toMatch(/^\{"driver":"drained"/);
  expect(await driver.ended).toEqual({ code: 0, signal: null, stderr: "" });
});

const timedOpens = async (operations: number): Promise<OperationResult> => {
  const path = join(directory.path, "timed");
  mkdirSync(path, { recursive: true });
  const flags = ["--trial=0a1d", `--directory=${path}`];
  return operationOf(
    await drive(native("file-open"), closed({ flags, batches: 3, batchOperations: operations / 3 })),
  );
};

test("times every so-many-th operation, counted over all batches", async () => {
  const { count, timedEvery, service } = await timedOpens(3 * 701);
  expect([count, timedEvery]).toEqual([3 * 701, 7]);
  expect(countOf(service)).toBe(Math.floor((3 * 701) / timedEvery));
});

test("prints an empty histogram where no operation was timed", async () => {
  const { count, errors, service } = await timedOpens(6);
  expect([count, errors]).toEqual([6, 0]);
  expect(service).toMatchObject({ minNs: 0, maxNs: 0, buckets: [] });
});
