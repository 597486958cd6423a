/** What becomes of a file: that each operation does its one call on its one file, and what a trial leaves to the next. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildDrivers, closed, drive, native, operationOf, start, temporaryDirectory } from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const BATCHES = 2;
const OPERATIONS = 30;
/** Of each batch: as few as there are. */
const WARM_UPS = 6;

const own = (name: string): string => {
  const path = join(directory.path, name);
  mkdirSync(path);
  return path;
};

const flagsFor = (path: string, trial: string): readonly string[] =>
  closed({
    flags: [`--trial=${trial}`, `--directory=${path}`, "--warmup-operations=4"],
    batches: BATCHES,
    batchOperations: OPERATIONS,
  });

const did = async (program: string, path: string, trial: string): Promise<number> => {
  const { count, errors } = operationOf(await drive(native(program), flagsFor(path, trial)));
  return count - errors;
};

const hex = (operation: number): string => operation.toString(16).padStart(8, "0");
const WINDOW = Array.from({ length: BATCHES * OPERATIONS }, (_, index) => hex(index));
const WARM_UP = Array.from({ length: BATCHES * WARM_UPS }, (_, index) => hex(0x80000000 + index));
const ALL = [...WINDOW, ...WARM_UP];

const namesIn = (path: string): readonly string[] => readdirSync(path).toSorted();

/** Why system calls cannot be traced here; undefined when they can. */
const whyNoTrace = (): string | undefined => {
  const tried = spawnSync("strace", ["-e", "trace=none", "true"], { encoding: "utf8" });
  if (tried.error !== undefined) return `strace cannot be started: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `strace fails here: ${tried.stderr.trim()}`;
};

const traced = async (program: string, calls: string, flags: readonly string[]): Promise<string> => {
  const trace = join(directory.path, `${program}.trace`);
  await drive(
    ["strace", "-f", "-qq", "-y", "-s", "256", "-e", `trace=${calls}`, "-o", trace, ...native(program)],
    flags,
  );
  return readFileSync(trace, "utf8");
};

describe("file-write", () => {
  test("writes once to a file of its own for each token", async (ctx) => {
    const why = whyNoTrace();
    if (why !== undefined) ctx.skip(why);
    const path = own("written");
    const trace = await traced("file-write", "write", flagsFor(path, "be01"));
    const written = [...trace.matchAll(/ write\(\d+<[^>]*\/write\/TK-be01\/([0-9a-f]+)>/gu)];
    expect(written.map(([, name = ""]) => name).toSorted()).toEqual(ALL);
  });

  test("leaves its files to the next trial, each as long as it was", async () => {
    const path = own("rewritten");
    const lengths = (trial: string): readonly number[] =>
      namesIn(join(path, "write", trial)).map((name) => statSync(join(path, "write", trial, name)).size);
    expect(await did("file-write", path, "0001")).toBe(WINDOW.length);
    const first = lengths("TK-0001");
    expect(new Set(first).size).toBe(1);
    expect(await did("file-write", path, "0002")).toBe(WINDOW.length);
    expect(lengths("TK-0002")).toEqual(first);
    expect(namesIn(join(path, "write"))).toEqual(["TK-0002"]);
  });
});

describe("file-rename", () => {
  test("renames a file once for each token, which one of both names is", async (ctx) => {
    const why = whyNoTrace();
    if (why !== undefined) ctx.skip(why);
    const path = own("renamed");
    const trace = await traced("file-rename", "renameat2", flagsFor(path, "be01"));
    const renamed = [...trace.matchAll(/"[^"]*\/TK-be01\/([0-9a-f]+)", [^"]*"[^"]*\/TK-be01\/([^"]+)"/gu)];
    expect(renamed.map(([, from = ""]) => from).toSorted()).toEqual(ALL);
    expect(renamed.every(([, from, to]) => to === `${from ?? ""}x`)).toBe(true);
  });

  test("renames them back in the next trial, and those that have no second name yet as at first", async () => {
    const path = own("renamed back");
    const flags = ["--warmup-operations=4", `--directory=${path}`];
    expect(await did("file-rename", path, "0001")).toBe(WINDOW.length);
    expect(namesIn(join(path, "rename/TK-0001"))).toEqual(ALL.map((name) => `${name}x`));
    const more = closed({ flags: ["--trial=0002", ...flags], batches: BATCHES, batchOperations: 40 });
    const operation = operationOf(await drive(native("file-rename"), more));
    expect([operation.count, operation.errors]).toEqual([80, 0]);
    const added = Array.from({ length: 20 }, (_, index) => `${hex(WINDOW.length + index)}x`);
    expect(namesIn(join(path, "rename/TK-0002"))).toEqual([...WINDOW, ...added, ...WARM_UP]);
  });
});

describe("file-delete", () => {
  test("deletes a file of its own for each token", async (ctx) => {
    const why = whyNoTrace();
    if (why !== undefined) ctx.skip(why);
    const path = own("deleted");
    const trace = await traced("file-delete", "unlinkat", flagsFor(path, "be01"));
    const deleted = [...trace.matchAll(/unlinkat\([^"]*"[^"]*\/TK-be01\/([0-9a-f]+)", 0\) = 0/gu)];
    expect(deleted.map(([, name = ""]) => name).toSorted()).toEqual(ALL);
    expect(namesIn(join(path, "delete/TK-be01"))).toEqual([]);
  });

  test("has as many files again in the next trial", async () => {
    const path = own("deleted again");
    expect(await did("file-delete", path, "0001")).toBe(WINDOW.length);
    expect(await did("file-delete", path, "0002")).toBe(WINDOW.length);
  });
});

describe.each([
  ["file-write", "write"],
  ["file-rename", "rename"],
  ["file-delete", "delete"],
])("a sentinel of %s", (program, folder) => {
  test("goes on beyond the files that it begins with, beside a trial's, and leaves none", async () => {
    const path = own(`sentinel of ${program}`);
    await did(program, path, "0001");
    const before = namesIn(join(path, folder, "TK-0001"));
    const driver = start(native(program), [
      "--mode=sentinel",
      "--trial=fff3",
      "--interval-ms=1",
      `--directory=${path}`,
    ]);
    await driver.prepared();
    await expect
      .poll(
        () =>
          Math.max(...namesIn(join(path, folder, "TK-fff3")).map((name) => Number(`0x${name.slice(0, 8)}`))),
        {
          timeout: 10_000,
        },
      )
      .toBeGreaterThan(256);
    driver.endInput();
    expect(await driver.ended).toMatchObject({ code: 0, stderr: "" });
    expect(namesIn(join(path, folder))).toEqual(["TK-0001"]);
    expect(namesIn(join(path, folder, "TK-0001"))).toEqual(before);
  });

  test("needs a folder", async () => {
    const flags = ["--mode=sentinel", "--trial=fff3", "--interval-ms=1"];
    const { code, stderr } = await start(native(program), flags).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("--directory is missing")]);
  });
});
