import { mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildDrivers, closed, drive, native, operationOf, start, temporaryDirectory } from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const own = (name: string): string => {
  const path = join(directory.path, name);
  mkdirSync(path);
  return path;
};

const openFiles = async (path: string, trial: string, batchOperations: number): Promise<number> => {
  const flags = [`--trial=${trial}`, `--directory=${path}`, "--warmup-operations=10"];
  const { count, errors } = operationOf(
    await drive(native("file-open"), closed({ flags, batches: 2, batchOperations })),
  );
  return count - errors;
};

const inodesIn = (path: string): ReadonlyMap<string, number> =>
  new Map(readdirSync(path).map((name) => [name, statSync(join(path, name)).ino]));

test("is taken over by the next trial with its files as they are", async () => {
  const path = own("reused");
  expect(await openFiles(path, "0001", 50)).toBe(100);
  const first = inodesIn(join(path, "TK-0001"));
  expect(await openFiles(path, "0002", 50)).toBe(100);
  expect(readdirSync(path)).toEqual(["TK-0002"]);
  expect(inodesIn(join(path, "TK-0002"))).toEqual(first);
});

test("grows when a trial needs more, and mends what is missing", async () => {
  const path = own("grown");
  await openFiles(path, "0001", 50);
  const first = inodesIn(join(path, "TK-0001"));
  unlinkSync(join(path, "TK-0001", "00000000"));
  expect(await openFiles(path, "0003", 150)).toBe(300);
  const grown = inodesIn(join(path, "TK-0003"));
  // Two batches of 150, each with a warm-up of 6.
  expect(grown.size).toBe(312);
  expect(grown.get("00000001")).toBe(first.get("00000001"));
});

test("spreads its names over several files, far below what a file system allows", async () => {
  const path = own("spread");
  expect(await openFiles(path, "0001", 20_000)).toBe(40_000);
  const files = new Set(inodesIn(join(path, "TK-0001")).values());
  expect(files.size).toBe(4); // Three runs of 16,384 names and the warm-up's.
});

test("is finished by the next trial when one was ended while it made it", async () => {
  const path = own("interrupted");
  const flags = ["--trial=0001", `--directory=${path}`];
  const driver = start(native("file-open"), closed({ flags, batches: 2, batchOperations: 200_000 }));
  await new Promise((resolve) => setTimeout(resolve, 30));
  driver.child.kill("SIGTERM");
  expect(await driver.ended).toMatchObject({ signal: "SIGTERM" });
  expect(await openFiles(path, "0002", 50)).toBe(100);
  expect(readdirSync(path)).toEqual(["TK-0002"]);
});

test.each(["the end of its input", "SIGTERM"] as const)("leaves no sentinel file after %s", async (end) => {
  const path = own(`sentinel after ${end}`);
  await openFiles(path, "0001", 5);
  const driver = start(native("file-open"), [
    "--mode=sentinel",
    "--trial=ffff",
    "--interval-ms=1",
    `--directory=${path}`,
  ]);
  await driver.prepared();
  expect(readdirSync(path).sort()).toEqual(["TK-0001", "TK-ffff"]);
  // Long enough for more sentinels than are made at first.
  await new Promise((resolve) => setTimeout(resolve, 700));
  if (end === "SIGTERM") driver.child.kill("SIGTERM");
  else driver.endInput();
  expect(await driver.ended).toMatchObject(
    end === "SIGTERM" ? { signal: "SIGTERM", stderr: "" } : { code: 0, stderr: "" },
  );
  expect(readdirSync(path)).toEqual(["TK-0001"]);
});
